#!/bin/sh
# Checks the stand-ins for vaults with clients that other people wrote: each `tests/clients/*.py` says in its
# first lines which package it needs. Where one of them fails, the stand-in is wrong.
#
#   tests/clients.sh            all of them
#   tests/clients.sh pyaim      one of them
set -eu
cd "$(dirname "$0")/.."
venv=$PWD/target/clients
[ -x "$venv/bin/python" ] || python3 -m venv "$venv"
# shellcheck disable=SC2046 # one word per package
"$venv/bin/pip" install --quiet --disable-pip-version-check $(sed -n 's/^# needs: //p' tests/clients/*.py)
CLIENTS=$venv/bin/python exec cargo test --test doorward "clients::${1:-}" -- --nocapture
