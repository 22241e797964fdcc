"""aiobastion against the stand-in for PVWA: log on, find, retrieve, linked accounts, log off."""

# needs: aiobastion==0.1.9

import asyncio
import sys

from aiobastion import EPV
from aiobastion.exceptions import ChallengeResponseException, CyberarkAPIException, GetTokenException

PASSWORD = 'MARKED-pass"word>{x}-91'


async def main(host, authorities):
    epv = EPV(serialized={"api_host": host, "verify": authorities, "keep_cookies": True})
    await epv.login("broker", 'MARKED-logon"pass&word-77aa', "CyberArk")

    found = await epv.account.search_account_by("shop", safe="WEB")
    assert [(a.id, a.name, a.safeName, a.userName) for a in found] == [("12_3", "shop", "WEB", "anna")], found
    account = await epv.account.get_account("12_3")
    assert account.platformAccountProperties["LogonDomain"] == "ACME", account
    assert await epv.account.get_password("12_3") == PASSWORD
    assert await epv.get_version() == "14.2.1"

    linked = await epv.handle_request("get", "API/ExtendedAccounts/12_3/LinkedAccounts")
    assert [link["AccountID"] for link in linked["LinkedAccounts"]] == ["12_7"], linked

    for account, expected in [("12_8", "PASWS088E"), ("12_9", "PASWS041E")]:
        try:
            await epv.account.get_password(account)
            raise AssertionError(f"{account} was given out")
        except CyberarkAPIException as error:
            assert expected in str(error), error

    await epv.logoff()

    for method, refusal in [("LDAP", GetTokenException), ("RADIUS", ChallengeResponseException)]:
        refused = EPV(serialized={"api_host": host, "verify": authorities})
        try:
            await refused.login("broker", "wrong", method)
            raise AssertionError(f"{method}: a wrong password was taken")
        except refusal:
            await refused.close_session()


asyncio.run(main(*sys.argv[1:]))
