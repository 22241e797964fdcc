#!/usr/bin/env bash
# Signs in through a real provider: fetches Keycloak's distribution from Maven Central, starts it with a realm of our
# own, and lets the tests sign in there in a real browser. Installs Java, Maven and curl where they are missing.
#
#   tests/identity.sh
#
# What was fetched stays in target/identity for the next run; everything else is removed, every process ended.
set -euo pipefail

# The version that was seen.
KEYCLOAK=26.4.0
umask 077
cd "$(dirname "$0")/.."

main() {
  .ci/install compiler browser driver curl java maven
  local home=$PWD/target/identity
  local keycloak=$home/keycloak-$KEYCLOAK
  if [ ! -d "$keycloak" ]; then
    mkdir -p "$home"
    mvn -q -B dependency:copy -Dartifact="org.keycloak:keycloak-quarkus-dist:$KEYCLOAK:zip" -DoutputDirectory="$home"
    (cd "$home" && jar xf "keycloak-quarkus-dist-$KEYCLOAK.zip")
  fi
  work=$(mktemp -d "${TMPDIR:-/tmp}/doorward-identity.XXXXXX")
  process=
  trap clean_up EXIT
  # What it writes goes there and with it.
  cp -r "$keycloak/." "$work"
  local port portal
  port=$(free_port) portal=$(free_port)
  random >"$work/secret"
  random >"$work/password"
  mkdir -p "$work/data/import"
  sed -e "s|@PORTAL@|http://127.0.0.1:$portal|" -e "s|@SECRET@|$(cat "$work/secret")|" \
    -e "s|@PASSWORD@|$(cat "$work/password")|" tests/cases/oidc/realm.json >"$work/data/import/realm.json"
  printf 'Keycloak %s\n' "$KEYCLOAK"
  HOME=$work JAVA_OPTS_APPEND=-Djava.io.tmpdir=$work bash "$work/bin/kc.sh" start-dev --import-realm --http-host=127.0.0.1 \
    --http-port="$port" --hostname="http://localhost:$port" >"$work/log" 2>&1 &
  process=$!
  until curl -sf "http://localhost:$port/realms/staff/.well-known/openid-configuration" >/dev/null; do
    kill -0 "$process" 2>/dev/null || fail "Keycloak did not start: $(tail -n 20 "$work/log")"
    sleep 0.5
  done
  DOORWARD_TEST_ISSUER=http://localhost:$port/realms/staff DOORWARD_TEST_LISTEN=127.0.0.1:$portal \
    DOORWARD_TEST_IDENTITY=$work cargo test --locked --test doorward -- --ignored portal::keycloak
}

# A port of loopback that nobody listens on now.
free_port() {
  local port
  while port=$((20000 + RANDOM % 12000)); (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do :; done
  printf '%s\n' "$port"
}

random() {
  head -c 24 /dev/urandom | od -An -tx1 | tr -d ' \n'
}

clean_up() {
  # The script is a parent of the server's own process.
  if [ -n "$process" ]; then
    pkill -P "$process" 2>/dev/null || true
    kill "$process" 2>/dev/null || true
    wait "$process" 2>/dev/null || true
  fi
  rm -rf "$work"
}

fail() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

main "$@"
