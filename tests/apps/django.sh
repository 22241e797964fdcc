# A Django project of one folder, for both of its applications: django/site.py is all of it.

home=$root/target/apps/django
page='*/admin/'

install() { install_from_pip 'django~=5.2' 'django-two-factor-auth[phonenumbers]~=1.18' 'waitress~=3.0'; }

# manage COMMAND…: Django's own command line, on this run's database.
manage() { DOORWARD_APP_WORK=$work "$home/venv/bin/python" -B "$root/tests/apps/django/site.py" "$variant" "$@"; }

# The administrator, and the device of the one-time codes where there is a seed.
seed() {
  manage migrate --verbosity 0 >>"$work/seed.log" 2>&1 || fail "no database"
  manage seed < <(printf '%s\n%s\n%s\n' "$username" "$password" "$seed") >>"$work/seed.log" 2>&1 || fail "no account"
}

serve() {
  local port
  port=$(free_port)
  start "$name" env "DOORWARD_APP_WORK=$work" "$home/venv/bin/python" -B "$root/tests/apps/django/site.py" "$variant" serve "$port"
  url=http://127.0.0.1:$port/admin/
  wait_until "$url" 60 answers "$url"
}
