"""hvac against the stand-in for HashiCorp Vault: an AppRole, an account, its neighbours, and three refusals."""

# needs: hvac==2.4.0

import sys

import hvac

host, authorities = sys.argv[1:]
client = hvac.Client(url=f"https://{host}", verify=authorities)

issued = client.auth.approle.login(role_id="web-broker", secret_id="MARKED-secret-id-77aa")
assert issued["auth"]["client_token"] == client.token == "hvs.MARKED-token-5e1f", issued
own = client.auth.token.lookup_self()["data"]
assert own["ttl"] == 3600 and "web" in own["policies"], own

kv = client.secrets.kv.v2
found = kv.read_secret_version(path="web/shop", raise_on_deleted_version=True)["data"]
assert found["data"]["username"] == "anna", found
assert found["data"]["password"] == 'MARKED-pass"word>{x}-91', found
assert found["metadata"]["version"] == 3, found
assert kv.list_secrets(path="web")["data"]["keys"] == ["shop", "shops"]
assert client.read("totp/code/acme")["data"]["code"] == "123456"
health = client.sys.read_health_status(method="GET")
assert health["sealed"] is False, health

for path, expected in [
    ("web/missing", hvac.exceptions.InvalidPath),
    ("web/gone", hvac.exceptions.InvalidPath),
    ("web/secret", hvac.exceptions.Forbidden),
]:
    try:
        kv.read_secret_version(path=path, raise_on_deleted_version=True)
        raise AssertionError(f"{path} was given out")
    except expected:
        pass
