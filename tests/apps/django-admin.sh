# Django administration, as it comes.
. tests/apps/pip.sh
. tests/apps/django.sh

variant=plain
version() { printf 'Django %s' "$(pip_version django)"; }
