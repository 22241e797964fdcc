# JupyterHub with its NativeAuthenticator, and users who have no one-time codes.
. tests/apps/pip.sh
. tests/apps/npm.sh

home=$root/target/apps/jupyterhub
two_factor=no
page='*/hub/*'

# NativeAuthenticator 1.3 does not work with JupyterHub 6.
install() {
  install_from_pip 'jupyterhub~=5.4' 'jupyterhub-nativeauthenticator~=1.3' 'jupyterlab~=4.6' &&
    install_from_npm configurable-http-proxy@5
}

seed() {
  ports=$(free_port),$(free_port),$(free_port)
  mkdir "$work/home"
  # What both programs read; there is no secret in it.
  hub=(env "DOORWARD_APP_HOME=$home" "DOORWARD_APP_WORK=$work" "DOORWARD_APP_PORTS=$ports"
    "DOORWARD_APP_2FA=$two_factor" "PATH=$home/venv/bin:$PATH")
  "${hub[@]}" "$home/venv/bin/python" -B tests/apps/jupyterhub/seed.py \
    < <(printf '%s\n%s\n%s\n' "$username" "$password" "$seed") >"$work/seed.log" 2>&1 || fail "no account"
}

serve() {
  url=http://127.0.0.1:${ports%%,*}/
  cd "$work/home"
  start "$name" "${hub[@]}" "$home/venv/bin/jupyterhub" --config "$root/tests/apps/jupyterhub/jupyterhub_config.py"
  cd "$root"
  wait_until "$url" 120 answers "${url}hub/login"
}

# The first sign-in has started the user's own server: when it is there, a sign-in ends in JupyterLab.
more() {
  if [ "$two_factor" = yes ]; then return; fi
  wait_until "the user's server" 120 says "${url}user/$username/api" '"version"'
  page="*/user/$username/lab*"
  signs_in
}

version() { printf 'JupyterHub %s, NativeAuthenticator %s' "$(pip_version jupyterhub)" "$(pip_version jupyterhub-nativeauthenticator)"; }
