#!/usr/bin/env bash
# Installs what the tests need and runs them all; arguments go on to cargo test:
#
#   tests/run.sh                  all of them, on Chromium
#   tests/run.sh site::           those of the site
#   FIREFOX=1 tests/run.sh        on Firefox, too
set -euo pipefail
cd "$(dirname "$0")/.."

.ci/install compiler browser driver screen keepassxc fonts pass
if [ "${FIREFOX:-}" = 1 ]; then
  .ci/install firefox geckodriver
  # Where cargo puts what it installs.
  PATH="$PATH:${CARGO_HOME:-$HOME/.cargo}/bin"
  export PATH
fi
cargo test --locked "$@"
