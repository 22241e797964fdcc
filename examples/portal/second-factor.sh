#!/bin/sh
# Asks doorward for the second factor of one's own people, as an application does that has none itself:
#
#   doorward user add shop                                          # an application is a user; it needs no account
#   doorward token add shop login-page --scope factors --days 366 > token
#   examples/portal/second-factor.sh http://127.0.0.1:8080 token enrol ann      # prints the URI for a QR code, once
#   echo 123456 | examples/portal/second-factor.sh http://127.0.0.1:8080 token verify ann    # exit 0: it was right
#   examples/portal/second-factor.sh http://127.0.0.1:8080 token remove ann
#
# Token and code go to curl by its stdin alone: arguments of a process can be read by others.
set -eu

[ $# -eq 4 ] || { echo "usage: $0 URL TOKEN-FILE enrol|verify|remove SUBJECT" >&2; exit 2; }
url=$1 token=$2 action=$3 subject=$4

# What doorward answers to METHOD PATH [BODY]; a problem goes to stderr, with what to do about it.
ask() {
  if answer=$({
    printf 'header = "Authorization: Bearer %s"\nheader = "Content-Type: application/json"\n' "$(cat "$token")"
    [ $# -lt 3 ] || printf 'data = "%s"\n' "$(printf '%s' "$3" | sed 's/"/\\"/g')"
  } | curl --silent --show-error --fail-with-body --config - --request "$1" "$url/api/v1/factors$2"); then
    printf '%s' "$answer"
  else
    printf '%s\n' "$answer" >&2
    exit 2
  fi
}

# The subject is taken as it is: letters and digits here; percent-encode others in paths.
case $action in
  enrol)
    offer=$(ask POST "" "{\"subject\":\"$subject\",\"issuer\":\"Shop\"}")
    printf '%s\n' "$offer" | sed 's/.*"uri":"\([^"]*\)".*/\1/'
    ;;
  verify)
    read -r code
    verdict=$(ask POST "/$subject/verify" "{\"code\":\"$code\"}")
    echo "$verdict"
    [ "$verdict" = '{"verified":true}' ] || exit 1
    ;;
  remove) ask DELETE "/$subject" ;;
  *) echo "$0: enrol, verify or remove" >&2; exit 2 ;;
esac
