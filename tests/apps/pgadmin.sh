# pgAdmin 4 in server mode, its user with an authenticator app.
. tests/apps/pip.sh

username=operator@example.com
seed=$(random_seed)
page='*/browser/'

install() { install_from_pip 'pgadmin4~=9.18'; }

seed() {
  port=$(free_port)
  # What pgAdmin's configuration beside seed.py reads; there is no secret in it.
  pgadmin=(env "DOORWARD_APP_WORK=$work" "DOORWARD_APP_PORT=$port" "PYTHONPATH=$root/tests/apps/pgadmin"
    "$home/venv/bin/python" -B)
  "${pgadmin[@]}" "$root/tests/apps/pgadmin/seed.py" < <(printf '%s\n%s\n%s\n' "$username" "$password" "$seed") \
    >"$work/seed.log" 2>&1 || fail "no account"
}

serve() {
  url=http://127.0.0.1:$port/
  start "$name" "${pgadmin[@]}" "$("$home/venv/bin/python" -c 'import importlib.util as u; print(u.find_spec("pgadmin4").submodule_search_locations[0])')/pgAdmin4.py"
  wait_until "$url" 180 answers "$url"
}

version() { printf 'pgAdmin 4 %s' "$(pip_version pgadmin4)"; }
