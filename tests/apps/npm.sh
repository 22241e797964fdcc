# Applications from npm: each in a prefix of its own, under $home/npm.

# install_from_npm PACKAGE…: what is there already stays.
install_from_npm() {
  mkdir -p "$home/npm"
  npm install --silent --no-audit --no-fund --prefix "$home/npm" "$@" >>"$work/install.log" 2>&1
}

# The version of an installed package.
npm_version() {
  python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["version"])' "$home/npm/node_modules/$1/package.json"
}
