"""A whole session of CRP 0.2 with nothing but the standard library of Python.

session.py AGENTS_URL CA CERTIFICATE KEY SERVICE PATH

Lists services, takes a lease for one, makes one call with it, renews it, revokes it, and sees that
it is over. Prints one line of JSON for each step. It never holds the credential of the service.
"""

import http.client
import json
import ssl
import sys
from urllib.parse import urlsplit


class Crp:
    """A connection over mutual TLS on which JSON-RPC 2.0 is spoken."""

    def __init__(self, url, tls):
        self.place = urlsplit(url)
        self.tls = tls
        self.count = 0

    def call(self, method, **params):
        self.count += 1
        asked = {"jsonrpc": "2.0", "id": self.count, "method": method, "params": params}
        line = http.client.HTTPSConnection(self.place.netloc, context=self.tls, timeout=20)
        headers = {"Content-Type": "application/json", "CRP-Version": "0.2"}
        line.request("POST", "/crp", json.dumps(asked), headers)
        answer = json.loads(line.getresponse().read())
        line.close()
        if answer["id"] != self.count:
            raise SystemExit("an answer to something else")
        return answer


def tell(step, value):
    print(json.dumps({"step": step, "value": value}), flush=True)


def main():
    agents, ca, certificate, key, service, path = sys.argv[1:]
    tls = ssl.create_default_context(cafile=ca)
    tls.load_cert_chain(certificate, key)
    crp = Crp(agents, tls)

    tell("list", crp.call("crp/list")["result"])
    context = {"consumer": "session.py", "purpose": "to show a session"}
    used = crp.call("crp/use", service=service, ttl=120, context=context)["result"]
    tell("use", used)

    lease = used["lease"]["id"]
    minted = crp.call("x-crp/token", leaseId=lease)["result"]
    base = urlsplit(used["proxyBaseUrl"])
    line = http.client.HTTPSConnection(base.netloc, context=tls, timeout=20)
    bearer = minted["prefix"] + " " + minted["tokens"][0]["token"]
    line.request("GET", base.path + path, headers={minted["header"]: bearer})
    answer = line.getresponse()
    tell("call", {"status": answer.status, "body": answer.read().decode()})
    line.close()

    renewed = crp.call("crp/lease", leaseId=lease, action="renew", ttl=300)["result"]
    tell("renew", renewed)
    tell("revoke", crp.call("crp/revoke", leaseId=lease, reason="rotation")["result"])
    tell("after", crp.call("x-crp/token", leaseId=lease)["error"])
    tell("unknown", crp.call("crp/use", service="no/such-service")["error"])


main()
