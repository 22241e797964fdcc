# Django administration behind django-two-factor-auth.
. tests/apps/pip.sh
. tests/apps/django.sh

variant=two-factor
seed=$(random_seed)
version() { printf 'django-two-factor-auth %s, Django %s' "$(pip_version django-two-factor-auth)" "$(pip_version django)"; }
