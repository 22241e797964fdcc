#!/usr/bin/env bash
# Asks real vaults: installs what it needs with the system's package manager and npm, starts each, and lets
# the tests ask it. What the ordinary tests ask anyway (pass, GNOME Keyring) is run as well.
#
#   tests/vaults.sh                   all of them
#   tests/vaults.sh bitwarden pass    those two: bitwarden pass keyring
#
# What was installed stays in target/vaults for the next run; everything else is removed, every process ended.
set -euo pipefail
umask 077
cd "$(dirname "$0")/.."

main() {
  local names=("$@") name
  if [ ${#names[@]} -eq 0 ]; then names=(bitwarden pass keyring); fi
  mkdir -p target/vaults
  for name in "${names[@]}"; do
    printf '\n== %s\n' "$name"
    case $name in
      bitwarden) bitwarden ;;
      pass | keyring)
        .ci/install compiler "$name"
        cargo test --locked --test doorward -- "$name::"
        ;;
      *) fail "no vault $name; there are bitwarden, pass and keyring" ;;
    esac
  done
}

# The real `bw serve`, and behind it a server of ours that speaks Bitwarden's API over TLS: `bw` takes no
# other.
bitwarden() {
  local command
  for command in node npm openssl curl; do
    command -v "$command" >/dev/null 2>&1 || fail "$command is not there: install it"
  done
  .ci/install compiler
  local home=$PWD/target/vaults/bitwarden
  if [ ! -x "$home/node_modules/.bin/bw" ]; then
    mkdir -p "$home"
    npm install --silent --no-fund --no-audit --prefix "$home" @bitwarden/cli
  fi
  work=$(mktemp -d "${TMPDIR:-/tmp}/doorward-vaults.XXXXXX")
  processes=()
  trap clean_up EXIT
  printf 'MARKED master %s\n' "$RANDOM" >"$work/master"
  openssl req -x509 -newkey rsa:2048 -nodes -keyout "$work/tls.key" -out "$work/tls.pem" -days 2 \
    -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1 2>/dev/null
  node tests/vaults/real/backend.js "$work" &
  processes+=($!)
  until [ -f "$work/port" ]; do kill -0 "${processes[0]}" || fail "the server of Bitwarden did not start"; sleep 0.1; done

  export BITWARDENCLI_APPDATA_DIR=$work/app NODE_EXTRA_CA_CERTS=$work/tls.pem
  local bw=$home/node_modules/.bin/bw port
  printf 'bw %s\n' "$("$bw" --version 2>/dev/null)"
  "$bw" --quiet config server "https://127.0.0.1:$(cat "$work/port")" 2>/dev/null
  "$bw" --quiet login anna@example.org --passwordfile "$work/master" 2>/dev/null
  port=$(node -e 'const s = require("net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close(); })')
  "$bw" serve --hostname 127.0.0.1 --port "$port" >"$work/serve.log" 2>&1 &
  processes+=($!)
  until curl -s "http://127.0.0.1:$port/status" >/dev/null; do
    kill -0 "${processes[1]}" || fail "bw serve did not start: $(cat "$work/serve.log")"
    sleep 0.1
  done
  printf 'http://127.0.0.1:%s\n' "$port" >"$work/serve"
  DOORWARD_TEST_BW=$work cargo test --locked --test doorward -- --ignored bitwarden::real
}

clean_up() {
  local process
  for process in "${processes[@]}"; do
    kill "$process" 2>/dev/null || true
    wait "$process" 2>/dev/null || true
  done
  rm -rf "$work"
}

fail() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

main "$@"
