# Cockpit on this machine, with a user that only its own processes know: in a mount namespace of theirs the
# folder /etc is a copy, and /home is empty. Without systemd there is little to see behind the login.
. tests/apps/apt.sh

username=operations   # Debian has a group `operator`
page='*/system'
packages=(cockpit-ws cockpit-bridge cockpit-system)

install() {
  if [ "$(id -u)" -ne 0 ] || ! unshare --mount true 2>/dev/null; then
    echo 'only root can give Cockpit a user of its own' >"$work/install.log"
    return 1
  fi
  install_from_apt "${packages[@]}"
}

# Before FOLDER COMMAND…: that command, where /etc and /home are this run's.
machine=(unshare --mount --propagation private bash tests/apps/cockpit/machine.sh)

seed() {
  cp -a /etc "$work/etc"
  mkdir "$work/home"
  # The user has to come through to home.
  chmod 711 "$work" "$work/home"
  "${machine[@]}" "$work" bash tests/apps/cockpit/seed.sh "$username" < <(printf '%s\n%s\n' "$password" "$seed") \
    >"$work/seed.log" 2>&1 || fail "no account"
}

serve() {
  local port
  port=$(free_port)
  start "$name" "${machine[@]}" "$work" /usr/lib/cockpit/cockpit-ws --address=127.0.0.1 --port="$port" --no-tls
  url=http://127.0.0.1:$port/
  wait_until "$url" 60 answers "$url"
}

version() { printf 'Cockpit %s' "$(apt_version cockpit-ws)"; }
