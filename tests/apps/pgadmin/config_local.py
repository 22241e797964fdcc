"""What pgAdmin reads as its local configuration: server mode on loopback, all of its state in $DOORWARD_APP_WORK."""

import os

SERVER_MODE = True
DEFAULT_SERVER = "127.0.0.1"
DEFAULT_SERVER_PORT = int(os.environ["DOORWARD_APP_PORT"])
UPGRADE_CHECK_ENABLED = False
DATA_DIR = os.path.join(os.environ["DOORWARD_APP_WORK"], "pgadmin")
