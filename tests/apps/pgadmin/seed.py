"""pgAdmin's database with its first user and that user's authenticator; user name, password and seed, a line
each, on stdin.

pgAdmin takes the first user from its environment. It is set here, inside of the process, and stands in no
environment that others can read.
"""

import importlib.util
import os
import sys

email, password, code_seed = (sys.stdin.readline().rstrip("\n") for _ in range(3))
os.environ["PGADMIN_SETUP_EMAIL"], os.environ["PGADMIN_SETUP_PASSWORD"] = email, password
sys.path.insert(0, importlib.util.find_spec("pgadmin4").submodule_search_locations[0])

from pgAdmin4 import app  # noqa: E402
from pgadmin.model import User, UserMFA, db  # noqa: E402

with app.app_context():
    user = User.query.filter_by(email=email).one()
    db.session.add(UserMFA(user_id=user.id, mfa_auth="authenticator", options=code_seed))
    db.session.commit()
