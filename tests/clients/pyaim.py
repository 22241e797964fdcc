"""pyaim against the stand-in for the Central Credential Provider: one object, and three refusals."""

# needs: pyaim==1.5.4

import sys

from pyaim import CCPPasswordREST

host, authorities = sys.argv[1:]
ccp = CCPPasswordREST(f"https://{host}", verify=authorities)

found = ccp.GetPassword(appid="Doorward", safe="WEB", object="shop")
assert found["Content"] == 'MARKED-pass"word>{x}-91', found
assert (found["UserName"], found["PasswordChangeInProcess"]) == ("anna", "False"), found

for name, expected in [("missing", "404"), ("changing", "500"), ("refused", "403")]:
    try:
        ccp.GetPassword(appid="Doorward", safe="WEB", object=name)
        raise AssertionError(f"{name} was given out")
    except ConnectionError as error:
        assert expected in str(error), error
