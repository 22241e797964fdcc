# Debian packages, which are installed for the whole machine and stay.

# install_from_apt PACKAGE…: what is there already stays.
install_from_apt() {
  local package missing=()
  for package in "$@"; do
    dpkg-query --show --showformat '${Status}' "$package" 2>/dev/null | grep -q ' installed$' || missing+=("$package")
  done
  if [ ${#missing[@]} -eq 0 ]; then return 0; fi
  if ! command -v apt-get >/dev/null 2>&1; then
    echo "there is no apt-get to install ${missing[*]} with" >>"$work/install.log"
    return 1
  fi
  if [ "$(id -u)" -ne 0 ]; then
    echo "only root can install ${missing[*]}" >>"$work/install.log"
    return 1
  fi
  export DEBIAN_FRONTEND=noninteractive
  printf 'installing with apt-get: %s\n' "${missing[*]}" >&2
  { apt-get -qq update && apt-get -qq install -y --no-install-recommends -o Dpkg::Use-Pty=0 "${missing[@]}"; } \
    >>"$work/install.log" 2>&1
}

# The version of an installed package, without its Debian revision.
apt_version() { dpkg-query --show --showformat '${Version}' "$1" | sed 's/^[0-9]*://; s/[+-].*//'; }
