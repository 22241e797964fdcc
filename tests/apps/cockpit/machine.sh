# machine.sh FOLDER COMMAND…: the command, with FOLDER/etc as /etc and FOLDER/home as /home. Run by root in a
# mount namespace of its own, which ends with it.
set -euo pipefail
mount --bind "$1/etc" /etc
mount --bind "$1/home" /home
shift
exec "$@"
