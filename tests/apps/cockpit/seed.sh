# seed.sh USER: makes the user; password and seed (or an empty line) are on stdin. With a seed Cockpit asks
# for codes, as pam_google_authenticator's documentation sets it up.
set -euo pipefail
umask 077
read -r password
read -r seed
useradd --create-home --shell /bin/bash "$1"
printf '%s:%s\n' "$1" "$password" | chpasswd
if [ -z "$seed" ]; then exit; fi
printf '%s\n" TOTP_AUTH\n" DISALLOW_REUSE\n' "$seed" >"/home/$1/.google_authenticator"
chown "$1:" "/home/$1/.google_authenticator"
sed -i '/substack *common-auth/a auth required pam_google_authenticator.so' /etc/pam.d/cockpit
