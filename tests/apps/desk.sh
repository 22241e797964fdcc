# The desk: a folder with a vault of accounts, from which doorward signs in.

desk() { (cd "$work/desk" && "$DOORWARD" "$@"); }

# account REF USERNAME [OPTION…], its secret on stdin
account() {
  local ref=$1 username=$2
  shift 2
  desk account add "$ref" --username "$username" --secret-stdin "$@" >>"$work/desk.log" 2>&1 ||
    fail "cannot add the account $ref"
}

# The accounts: the right one, one with a wrong password, one with the seed of somebody else.
open_desk() {
  mkdir "$work/desk"
  cat >"$work/desk/doorward.yaml" <<YAML
vaults:
  local: { kind: kdbx, path: vault.kdbx, key-file: vault.key }
default-vault: local
connectors: ['${root//\'/\'\'}/connectors']
state: state
YAML
  if [ "$(id -u)" -eq 0 ]; then echo 'browser: { sandbox: false }' >>"$work/desk/doorward.yaml"; fi
  desk check "$root/connectors/$connector.yaml" >"$work/check.log" 2>&1 || fail "check: $(cat "$work/check.log")"
  if grep -q warning "$work/check.log"; then fail "check warns: $(cat "$work/check.log")"; fi
  desk vault init >>"$work/desk.log" 2>&1 || fail "no vault"
  account web/right "$username" --url "$url" < <(printf '%s' "$password")
  account web/wrong-password "$username" --url "$url" < <(printf '%s' "$wrong")
  if [ -z "$seed" ]; then return; fi
  account web/codes "$username-totp" < <(printf '%s' "$seed")
  account web/others-codes "$username-totp" < <(random_seed)
  account web/wrong-code "$username" --url "$url" --logon-account web/others-codes < <(printf '%s' "$password")
  desk account link web/right --logon-account web/codes >>"$work/desk.log" 2>&1
  desk account link web/wrong-password --logon-account web/codes >>"$work/desk.log" 2>&1
}

# connect REF [OPTION…]: sets `ended`, `outcome`, `cause` and `arrived`.
connect() {
  local ref=$1 said
  shift
  ended=0
  said=$(desk connect "$connector" --account "$ref" --headless --format json --reason 'tests/apps.sh' "$@" \
    2>"$work/connect.log") || ended=$?
  {
    read -r outcome
    read -r cause
    read -r arrived
  } < <(python3 -c '
import json, sys
said = json.load(sys.stdin)
for key in ["outcome", "cause", "url"]:
    print(said[key] or "-")' <<<"$said" 2>/dev/null) || outcome='nothing said'
}

# The sign-in is confirmed, and the page is on a picture.
signs_in() {
  local picture=$root/target/apps/$name.png
  rm -f "$picture"
  connect web/right --screenshot "$picture"
  [ $ended -eq 0 ] || fail "the sign-in ended with $ended ($outcome, $cause)"
  [ "$outcome" = signed-in ] || fail "the outcome is $outcome"
  # shellcheck disable=SC2053
  [[ $arrived == $page ]] || fail "the sign-in arrived at $arrived, not at $page"
  [ -s "$picture" ] || fail "there is no screenshot"
}

# refuses REF CAUSE: ended with 1, for this cause.
refuses() {
  connect "$1"
  [ $ended -eq 1 ] || fail "$1 ended with $ended ($outcome, $cause)"
  [ "$cause" = "$2" ] || fail "$1 was refused for \`$cause\` ($outcome), not for \`$2\`"
}
refuses_password() { refuses web/wrong-password "$password_cause"; }
refuses_code() { refuses web/wrong-code "$code_cause"; }
