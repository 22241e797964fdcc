# Uptime Kuma with its two-factor authentication. Its first user is made over its socket, as its setup page
# does it; the seed is the one that it makes up itself.
. tests/apps/npm.sh

page='*/dashboard'
kuma=$home/npm/node_modules/uptime-kuma

install() {
  install_from_npm uptime-kuma@2.0.0-dev.0 || return 1
  # This package has some of its migrations in another folder than it looks for them in.
  cp -n "$kuma"/db/patch-*.sql "$kuma/db/old_migrations/"
}

seed() {
  mkdir "$work/data"
  echo '{ "type": "sqlite" }' >"$work/data/db-config.json"
}

serve() {
  local port
  port=$(free_port)
  url=http://127.0.0.1:$port/
  cd "$kuma"
  start "$name" node server/server.js --host=127.0.0.1 --port="$port" --data-dir="$work/data/"
  cd "$root"
  wait_until "$url" 120 answers "$url"
  seed=$(NODE_PATH=$home/npm/node_modules node tests/apps/uptime-kuma/seed.js "$url" \
    < <(printf '%s\n%s\n' "$username" "$password") 2>"$work/seed.log") || fail "no account"
}

version() { printf 'Uptime Kuma %s' "$(npm_version uptime-kuma)"; }
