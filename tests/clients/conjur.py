"""CyberArk's own conjur-api against the stand-in for Conjur: an API key, one variable, a batch, a list, a refusal."""

# needs: conjur-api==0.2.0

import asyncio
import sys

from conjur_api import Client
from conjur_api.errors.errors import HttpStatusError
from conjur_api.models import ConjurConnectionInfo, CredentialsData, SslVerificationMode
from conjur_api.providers import AuthnAuthenticationStrategy, SimpleCredentialsProvider

host, authorities = sys.argv[1:]
url = f"https://{host}"
key = "MARKEDapikey3s8k1v2p0w9x7y6z5t4r3q2n1m0k9j8h7g6f5d4s3a2"
password = 'MARKED-pass"word>{x}-91'


async def main():
    provider = SimpleCredentialsProvider()
    provider.save(CredentialsData(username="host/doorward", api_key=key, machine=url))
    client = Client(
        ConjurConnectionInfo(conjur_url=url, account="acme", cert_file=authorities),
        authn_strategy=AuthnAuthenticationStrategy(provider),
        ssl_verification_mode=SslVerificationMode.CA_BUNDLE,
    )
    assert await client.get("dw/web/shop/password") == password.encode()
    both = await client.get_many("dw/web/shop/password", "dw/web/shop/username")
    assert both == {"dw/web/shop/password": password, "dw/web/shop/username": "anna"}, both
    listed = await client.list({"kind": "variable", "search": "shop", "limit": 500, "offset": 0})
    assert "acme:variable:dw/web/shop/password" in listed, listed
    assert (await client.whoami())["username"] == "host/doorward"
    try:
        await client.get("dw/web/shop/absent")
        raise AssertionError("what is not there was given out")
    except HttpStatusError as error:
        assert error.status == 404, error


asyncio.run(main())
