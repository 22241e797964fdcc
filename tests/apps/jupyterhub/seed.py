"""A user of NativeAuthenticator in the hub's database; user name, password and seed, a line each, on stdin."""

import os
import sys

import bcrypt
from jupyterhub.orm import new_session_factory
from nativeauthenticator.orm import UserInfo

username, password, seed = (sys.stdin.readline().rstrip("\n") for _ in range(3))
database = new_session_factory(f"sqlite:///{os.environ['DOORWARD_APP_WORK']}/hub.sqlite3")()
database.add(UserInfo(
    username=username,
    password=bcrypt.hashpw(password.encode(), bcrypt.gensalt()),
    is_authorized=True,
    has_2fa=bool(seed),
    otp_secret=seed,
))
database.commit()
