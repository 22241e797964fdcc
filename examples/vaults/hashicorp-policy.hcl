# The least that doorward needs of HashiCorp Vault or OpenBao.
#
#   vault policy write doorward hashicorp-policy.hcl
#   vault write auth/approle/role/web-broker token_policies=doorward token_ttl=20m token_max_ttl=1h

# The accounts below `web`. Version 1 of the engine has the path without `data`.
path "secret/data/web/*" {
  capabilities = ["read"]
}

# Their names, for `doorward account list` and for the nearest names of a misspelt one. May be left out.
path "secret/metadata/web/*" {
  capabilities = ["list"]
}

# One-time codes, of which the seeds stay in Vault; no `keys`, so nobody learns whose they are.
path "totp/code/*" {
  capabilities = ["read"]
}

# The token itself: how long it lives, and its renewal. The policy `default` has both already.
path "auth/token/lookup-self" {
  capabilities = ["read"]
}
path "auth/token/renew-self" {
  capabilities = ["update"]
}
