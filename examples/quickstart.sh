#!/usr/bin/env bash
# From a fresh machine to a signed-in browser, on record: installs a browser if there is none, builds,
# makes a vault with two accounts, starts the demo site, signs in to it without a window, and shows the
# screenshot and the activity of both accounts. Only the screenshot stays.
#
# Needs a Rust toolchain and one of apt-get, dnf, pacman, apk, brew. Run it as often as you like.
set -euo pipefail
umask 077
cd "$(dirname "$0")/.."
root=$PWD

step() { printf '\n== %s\n' "$*"; }
fail() { printf 'error: %s\n' "$*" >&2; exit 1; }

work='' keep='' site=''
clean_up() {
  local ended=$?
  trap - EXIT
  if [ -n "$site" ]; then
    kill "$site" 2>/dev/null || true
    wait "$site" 2>/dev/null || true
  fi
  if [ -n "$work" ]; then rm -rf "$work"; fi
  # Empty unless the screenshot was taken.
  if [ -n "$keep" ]; then rmdir "$keep" 2>/dev/null || true; fi
  exit "$ended"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

step "Browser and driver"
command -v cargo >/dev/null 2>&1 || fail "there is no cargo: install a Rust toolchain, then run this again"
.ci/install compiler browser driver fonts
echo "there: $(command -v chromedriver)"

step "Build"
# The tests run this script, too, on what they have built already: PROFILE=dev.
profile=${PROFILE:-release}
cargo build --profile "$profile" --locked --bin doorward --example demo
built=$(cargo metadata --locked --format-version 1 --no-deps | sed -n 's/.*"target_directory":"\([^"]*\)".*/\1/p')
if [ "$profile" = dev ]; then built=$built/debug; else built=$built/$profile; fi
doorward=$built/doorward
demo=$built/examples/demo
echo "built in $built"

# The secrets of this run: from the kernel, kept in this shell, and handed on through pipes. `printf` is
# the shell's own, so they are never the argument of a process, and nothing here is exported.
random() { head -c 4096 /dev/urandom | LC_ALL=C tr -dc "$1" | cut -c "1-$2"; }
username=operator
password=$(random 'A-Za-z0-9_.!%+~' 24)
seed=$(random 'A-Z2-7' 32)

step "Demo site"
work=$(mktemp -d "${TMPDIR:-/tmp}/doorward.XXXXXX")
keep=$(mktemp -d "${TMPDIR:-/tmp}/doorward-quickstart.XXXXXX")
screenshot=$keep/signed-in.png
"$demo" --credentials - --ready-file "$work/url" \
  < <(printf '[{"username":"%s","password":"%s","seed":"%s"}]' "$username" "$password" "$seed") \
  >"$work/site.log" 2>&1 &
site=$!
for _ in {1..100}; do
  if [ -s "$work/url" ]; then break; fi
  kill -0 "$site" 2>/dev/null || fail "the demo site ended: $(cat "$work/site.log")"
  sleep 0.1
done
[ -s "$work/url" ] || fail "the demo site is not ready after 10 s"
url=$(cat "$work/url")
echo "listening on $url"

step "Vault and accounts"
cd "$work"
cat >doorward.yaml <<YAML
vaults:
  local: { kind: kdbx, path: vault.kdbx, key-file: vault.key }
default-vault: local
connectors: ['${root//\'/\'\'}/connectors']
state: state
YAML
if [ "$(id -u)" -eq 0 ]; then
  echo "running as root, where Chromium's own sandbox does not start: this run turns it off (browser: { sandbox: false }); on your machines, run doorward as a user of its own"
  echo 'browser: { sandbox: false }' >>doorward.yaml
fi
unset DOORWARD_CONFIG
"$doorward" vault init
printf '%s' "$password" |
  "$doorward" account add web/demo --username "$username" --address "${url#http://}" --secret-stdin
printf '%s' "$seed" |
  "$doorward" account add web/demo-otp --username "$username-totp" --secret-stdin
"$doorward" account link web/demo --logon-account web/demo-otp

step "Sign in"
"$doorward" connect demo --account web/demo --headless --screenshot "$screenshot" --reason quickstart

step "Activity of the target account"
"$doorward" activity --account web/demo
step "Activity of the logon account"
"$doorward" activity --account web/demo-otp
step "Proof that nothing was altered"
"$doorward" activity verify

step "Signed in"
echo "screenshot: $screenshot"
echo "in your own browser: $doorward serve   (prints a link that makes you its administrator, and brings the demo site along)"
