# JupyterHub with its NativeAuthenticator, and users who have one-time codes.
. tests/apps/jupyterhub.sh

two_factor=yes
# NativeAuthenticator's own seeds have 80 bits.
seed=$(random 'A-Z2-7' 16)
# The page has one message for both.
password_cause='wrong password or code'
code_cause='wrong password or code'
