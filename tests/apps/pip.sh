# Python applications: each in a virtual environment of its own, under $home/venv.

# install_from_pip REQUIREMENT…: what is there already stays.
install_from_pip() {
  if [ ! -x "$home/venv/bin/pip" ]; then
    python3 -m venv "$home/venv" >>"$work/install.log" 2>&1 || return 1
  fi
  "$home/venv/bin/pip" install --quiet --disable-pip-version-check "$@" >>"$work/install.log" 2>&1
}

# The version of an installed package.
pip_version() {
  "$home/venv/bin/python" -c 'import sys; from importlib.metadata import version; print(version(sys.argv[1]))' "$1"
}
