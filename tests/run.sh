#!/usr/bin/env bash
# Installs what the tests need and runs them all; arguments go on to cargo test:
#
#   tests/run.sh                  all of them, on Chromium
#   tests/run.sh site::           those of the site
#   FIREFOX=1 tests/run.sh        on Firefox, too
set -euo pipefail
cd "$(dirname "$0")/.."

.ci/install compiler browser driver screen keepassxc oathtool curl pass keyring fonts
if [ "${FIREFOX:-}" = 1 ]; then
  .ci/install firefox geckodriver
  # Where cargo puts what it installs.
  PATH="$PATH:${CARGO_HOME:-$HOME/.cargo}/bin"
  export PATH
fi
# Tests wait for pages, codes and timeouts half of their time: others make use of it.
RUST_TEST_THREADS="${RUST_TEST_THREADS:-$((2 * $(getconf _NPROCESSORS_ONLN)))}"
export RUST_TEST_THREADS
cargo test --locked "$@"
