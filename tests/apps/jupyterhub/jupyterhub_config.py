"""The hub of a run: on loopback, its state in $DOORWARD_APP_WORK, its users' servers at home there."""

import os

import nativeauthenticator

c = get_config()  # noqa: F821

home, work = os.environ["DOORWARD_APP_HOME"], os.environ["DOORWARD_APP_WORK"]
public, hub, proxy = os.environ["DOORWARD_APP_PORTS"].split(",")

c.JupyterHub.bind_url = f"http://127.0.0.1:{public}/"
c.JupyterHub.hub_bind_url = f"http://127.0.0.1:{hub}/"
c.JupyterHub.db_url = f"sqlite:///{work}/hub.sqlite3"
c.JupyterHub.cookie_secret_file = f"{work}/hub.cookie"
c.ConfigurableHTTPProxy.api_url = f"http://127.0.0.1:{proxy}"
c.ConfigurableHTTPProxy.command = [f"{home}/npm/node_modules/.bin/configurable-http-proxy"]
c.ConfigurableHTTPProxy.pid_file = f"{work}/proxy.pid"

c.JupyterHub.authenticator_class = "native"
c.JupyterHub.template_paths = [os.path.join(os.path.dirname(nativeauthenticator.__file__), "templates")]
c.Authenticator.allow_all = True
c.NativeAuthenticator.allow_2fa = os.environ["DOORWARD_APP_2FA"] == "yes"

c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = f"{work}/home"
c.Spawner.args = ["--allow-root"] if os.getuid() == 0 else []
