#!/bin/sh
# Starts a session with an API token, lists the sessions, and ends it:
#
#   doorward token add ann ci --scope sessions:start --scope sessions:read --scope sessions:end > token
#   examples/portal/session.sh http://127.0.0.1:8080 token web/shop 'nightly check'
#
# The token is in the file TOKEN alone: arguments of a process can be read by others, so curl gets it by stdin.
set -eu

[ $# -eq 4 ] || { echo "usage: $0 URL TOKEN-FILE ACCOUNT REASON" >&2; exit 2; }
url=$1 token=$2 account=$3 reason=$4

# What doorward answers; a problem goes to stderr, with what to do about it.
ask() {
  if answer=$(printf 'Authorization: Bearer %s\n' "$(cat "$token")" |
    curl --silent --show-error --fail-with-body --header @- --header 'Content-Type: application/json' "$@"); then
    printf '%s' "$answer"
  else
    printf '%s\n' "$answer" >&2
    exit 1
  fi
}

# The account and the reason are taken as they are: quotes in them would end the JSON.
started=$(ask --data "{\"account\":\"$account\",\"reason\":\"$reason\"}" "$url/api/v1/sessions")
session=$(printf '%s' "$started" | sed 's/.*"session":"\([^"]*\)".*/\1/')
echo "started $session"

# It signs in by itself, once somebody has approved of it where that is needed.
while :; do
  card=$(ask "$url/api/v1/sessions/$session")
  stage=$(printf '%s' "$card" | sed 's/.*"stage":"\([^"]*\)".*/\1/')
  case $stage in waiting | signing-in) ;; *) break ;; esac
  sleep 1
done
echo "it is $stage"
[ "$stage" = live ] || exit 1

ask "$url/api/v1/sessions"
echo

ask --request DELETE "$url/api/v1/sessions/$session"
echo "ended $session"
