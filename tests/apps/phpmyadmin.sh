# phpMyAdmin before a MariaDB of its own, which listens on a socket in this run's folder.
. tests/apps/apt.sh

page='*/index.php*'

install() {
  # Its package would set up a database of its own.
  if [ "$(id -u)" -eq 0 ] && command -v debconf-set-selections >/dev/null 2>&1; then
    echo 'phpmyadmin phpmyadmin/dbconfig-install boolean false' | debconf-set-selections
  fi
  install_from_apt mariadb-server-core mariadb-client-core php-cli php-mysql php-mbstring php-xml phpmyadmin
}

sql() { mariadb --no-defaults --socket "$work/db.sock" --user root "$@"; }

seed() {
  mariadb-install-db --no-defaults --auth-root-authentication-method=normal --skip-test-db "--datadir=$work/db" \
    "--user=$(id -un)" >"$work/seed.log" 2>&1 || fail "no database"
  start mariadb mariadbd --no-defaults "--datadir=$work/db" --socket "$work/db.sock" --skip-networking \
    --user "$(id -un)" --pid-file "$work/db.pid"
  wait_until MariaDB 60 sql --execute 'SELECT 1'
  # The random passwords hold nothing that SQL would want quoted. Last, root is locked.
  sql < <(printf "CREATE USER '%s'@'localhost' IDENTIFIED BY '%s';\nGRANT ALL ON *.* TO '%s'@'localhost';\n" \
    "$username" "$password" "$username"
  printf "ALTER USER 'root'@'localhost' ACCOUNT LOCK;\n") >>"$work/seed.log" 2>&1 || fail "no account"
}

# The package's own files, with this run's configuration in place of the machine's.
serve() {
  local port site=$work/phpmyadmin
  port=$(free_port)
  cp -RL /usr/share/phpmyadmin "$site"
  mkdir "$work/temporary"
  sed -i "s|/etc/phpmyadmin/config.inc.php|$work/config.inc.php|; s|/var/lib/phpmyadmin/tmp/|$work/temporary/|" \
    "$site/libraries/vendor_config.php"
  printf "<?php\n\$cfg['blowfish_secret'] = '%s';\n\$cfg['Servers'][1] = ['auth_type' => 'cookie', 'socket' => '%s'];\n" \
    "$(random 'A-Za-z0-9' 32)" "$work/db.sock" >"$work/config.inc.php"
  start "$name" php -d "session.save_path=$work/temporary" -S "127.0.0.1:$port" -t "$site"
  url=http://127.0.0.1:$port/
  wait_until "$url" 60 answers "$url"
}

version() { printf 'phpMyAdmin %s, MariaDB %s' "$(apt_version phpmyadmin)" "$(apt_version mariadb-server-core)"; }
