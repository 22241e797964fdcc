#!/usr/bin/env bash
# Signs in for real: installs each application from its package registry, seeds an account, and lets
# doorward sign in with the connector that ships; then with a wrong password, and a wrong code.
#
#   tests/apps.sh                     all of them
#   tests/apps.sh pgadmin cockpit     those two
#   DOORWARD=path tests/apps.sh       with that binary, instead of building one
#
# One file in tests/apps/ per application. What was installed stays in target/apps for the next run, and so
# do the screenshots; everything else is removed, and every process ended.
set -euo pipefail
umask 077
cd "$(dirname "$0")/.."

known=(django-admin django-two-factor jupyterhub jupyterhub-otp pgadmin phpmyadmin cockpit cockpit-otp uptime-kuma)
names=("$@")
if [ ${#names[@]} -eq 0 ]; then names=("${known[@]}"); fi
for name in "${names[@]}"; do
  case " ${known[*]} " in
    *" $name "*) ;;
    *) printf 'error: no application %s; there are %s\n' "$name" "${known[*]}" >&2; exit 2 ;;
  esac
done

command -v python3 >/dev/null 2>&1 || { echo 'error: python3 is not there, which asks the applications whether they are up: install it' >&2; exit 2; }
.ci/install compiler browser driver fonts
if [ -z "${DOORWARD:-}" ]; then
  cargo build --locked --bin doorward
  built=$(cargo metadata --locked --format-version 1 --no-deps | sed -n 's/.*"target_directory":"\([^"]*\)".*/\1/p')
  DOORWARD=$built/debug/doorward
fi
export DOORWARD
unset DOORWARD_CONFIG
mkdir -p target/apps

passed=0 failed=0 skipped=0
for name in "${names[@]}"; do
  printf '\n== %s\n' "$name"
  ended=0
  bash tests/apps/one.sh "$name" || ended=$?
  case $ended in
    0) passed=$((passed + 1)) ;;
    77) skipped=$((skipped + 1)) ;;
    *) failed=$((failed + 1)) ;;
  esac
  # A signal ends the run, not only one application.
  if [ $ended -gt 128 ]; then exit $ended; fi
done

printf '\n'
if [ $skipped -gt 0 ]; then
  printf '%d passed, %d failed, %d skipped\n' $passed $failed $skipped
else
  printf '%d passed, %d failed\n' $passed $failed
fi
# What was only skipped has shown nothing.
[ $failed -eq 0 ] && [ $passed -gt 0 ]
