#!/usr/bin/env bash
# Asks real vaults: installs what it needs with the system's package manager and npm, starts each, and lets
# the tests ask it. What the ordinary tests ask anyway (pass, GNOME Keyring) is run as well.
#
#   tests/vaults.sh                   all of them
#   tests/vaults.sh bitwarden pass    those two: bitwarden openbao pass keyring
#
# OpenBao is the `bao` of the PATH, or $BAO; where there is none, Go builds it from the sources.
# What was installed stays in target/vaults for the next run; everything else is removed, every process ended.
set -euo pipefail

# The version that was seen.
OPENBAO=v2.6.2
umask 077
cd "$(dirname "$0")/.."

main() {
  local names=("$@") name
  if [ ${#names[@]} -eq 0 ]; then names=(bitwarden openbao pass keyring); fi
  mkdir -p target/vaults
  for name in "${names[@]}"; do
    printf '\n== %s\n' "$name"
    case $name in
      bitwarden | openbao) "$name" ;;
      pass | keyring)
        .ci/install compiler "$name"
        cargo test --locked --test doorward -- "$name::"
        ;;
      *) fail "no vault $name; there are bitwarden, openbao, pass and keyring" ;;
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

# A development server of OpenBao: unsealed, its storage in memory.
openbao() {
  .ci/install compiler
  local home=$PWD/target/vaults/openbao bao port command
  for command in curl python3; do
    command -v "$command" >/dev/null 2>&1 || fail "$command is not there: install it"
  done
  bao=${BAO:-$(command -v bao || true)}
  if [ -z "$bao" ]; then
    bao=$home/openbao
    if [ ! -x "$bao" ]; then
      command -v go >/dev/null 2>&1 || fail "neither bao nor go is there: install one of them, or set BAO to the program"
      GOBIN=$home go install "github.com/openbao/openbao@$OPENBAO" ||
        fail "Go cannot build OpenBao $OPENBAO here: set BAO to a program that was built elsewhere"
    fi
  fi
  work=$(mktemp -d "${TMPDIR:-/tmp}/doorward-vaults.XXXXXX")
  processes=()
  trap clean_up EXIT
  "$bao" version
  # It makes no token of its own choice, so that it prints none that anybody else would know.
  head -c 24 /dev/urandom | od -An -tx1 | tr -d ' \n' >"$work/token"
  port=$(free_port)
  BAO_DEV_ROOT_TOKEN_ID=$(cat "$work/token") HOME=$work \
    "$bao" server -dev -dev-no-store-token -dev-listen-address="127.0.0.1:$port" >"$work/log" 2>&1 &
  processes+=($!)
  until curl -sf "http://127.0.0.1:$port/v1/sys/health" >/dev/null; do
    kill -0 "${processes[0]}" || fail "bao did not start: $(cat "$work/log")"
    sleep 0.1
  done
  DOORWARD_TEST_BAO=http://127.0.0.1:$port DOORWARD_TEST_BAO_TOKEN=$work/token \
    cargo test --locked --test doorward -- --ignored hashicorp::real
}

# A port of loopback that nobody listens on now.
free_port() {
  python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
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
