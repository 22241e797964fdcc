# Cockpit, where PAM asks for a one-time code after the password.
. tests/apps/cockpit.sh

seed=$(random_seed)
# Debian's PAM asks for the code although the password was wrong, and does not say which it was.
password_cause='wrong password or code'
code_cause='wrong password or code'
packages+=(libpam-google-authenticator)
