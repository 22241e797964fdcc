#!/usr/bin/env bash
# One application: installed, seeded, served, signed in to; then refused. Ends with 0 when it was seen to
# sign in and to refuse, 77 when it cannot be installed here, and anything else when it failed.
set -euo pipefail
umask 077
name=$1
root=$PWD
export -n DOORWARD

# shellcheck source=/dev/null
for part in processes network secrets desk; do . "tests/apps/$part.sh"; done

home=$root/target/apps/$name
mkdir -p "$home"
work=$(mktemp -d "${TMPDIR:-/tmp}/doorward-app.XXXXXX")
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# What an application's file says of it; it may leave these as they are.
connector=$name
username=operator
password=$(random 'A-Za-z0-9_.!%+~' 24)
wrong=$(random 'A-Za-z0-9_.!%+~' 24)
seed=''       # base32, where the application asks for one-time codes
url=''        # where it is signed in to
page='*'      # a pattern of the address that it must be at after the sign-in
password_cause='wrong password'
code_cause='wrong code'
# It has the functions `install`, `seed`, `serve`, `version`; `more`, where more than one sign-in is to be
# seen; and `clear`, where it leaves something outside of its folders.
more() { :; }
clear() { :; }
# shellcheck source=/dev/null
. "tests/apps/$name.sh"

install || skip "cannot be installed here: $(tail -n 3 "$work/install.log" 2>/dev/null | tr '\n' ' ')"
seed
serve
open_desk
signs_in
more
refuses_password
if [ -n "$seed" ]; then refuses_code; fi
printf '%s: seen to sign in (%s)\n' "$name" "$(version)"
