"""A client of CDP that knows nothing of ours: the wire of its SDKs, with the standard library.

One JSON object a line over a Unix socket, nonce and timestamp in each request, the method names of
the SDKs, hexadecimal fields, and calls through the proxy with three headers. What the SDKs do not
have is the signature over the registration: OpenSSL makes it.
"""

import base64
import http.client
import json
import socket
import subprocess
import sys
import uuid
from datetime import datetime, timezone
from urllib.parse import urlsplit

order = json.load(sys.stdin)
gate = socket.socket(socket.AF_UNIX)
gate.connect(order["socket"])
lines = gate.makefile("r", encoding="utf-8", newline="\n")
told = []


def now():
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def send(method, params):
    request = {"jsonrpc": "2.0", "method": method, "params": params, "id": len(told) + 1}
    gate.sendall((json.dumps(request) + "\n").encode())
    answer = json.loads(lines.readline())
    told.append([method, answer.get("result", {}).get("status"), answer.get("error")])
    return answer.get("result", {})


def fresh(params):
    return {**params, "nonce": str(uuid.uuid4()), "timestamp": now()}


def sign(text):
    made = subprocess.run(
        ["openssl", "dgst", "-sha256", "-sign", order["key"]],
        input=text.encode(),
        capture_output=True,
        check=True,
    )
    return base64.b64encode(made.stdout).decode()


register = fresh({"agent_id": "py-agent", "agent_version": "1.0.0", "capabilities": ["http_proxy"]})
if "key" in order:
    said = [register[name] for name in ("agent_id", "agent_version", "nonce", "timestamp")]
    signed = "\n".join(["writ-cdp-register-v1", order["issuer"], *said])
    certificate = open(order["certificate"], encoding="utf-8").read()
    register["attestation"] = {
        "type": "key",
        "certificate": certificate,
        "signature": sign(signed),
    }
session = send("cdp.register", register).get("session_token")
replayed = send("cdp.register", register) if session else {}

out = {"session": session}
if session:
    lease = send(
        "cdp.requestCredential",
        fresh(
            {
                "session_token": session,
                "credential_ref": "github",
                "scope": order["scope"],
                "reason": "Listing open PRs for code review",
            }
        ),
    )
    url = urlsplit(order["url"])
    proxy = http.client.HTTPConnection("127.0.0.1", lease["proxy_port"])
    proxy.request(
        "GET",
        url.path,
        headers={
            "host": url.netloc,
            "x-cdp-lease-token": lease["lease_token"],
            "x-cdp-channel-binding": lease["channel_binding_nonce"],
            "x-cdp-original-url": order["url"],
        },
    )
    answer = proxy.getresponse()
    out["call"] = [answer.status, answer.read().decode()]
    about = {"session_token": session, "lease_id": lease["lease_id"]}
    send("cdp.renewLease", fresh({**about, "extend_seconds": 60}))
    send("cdp.revokeLease", fresh({**about, "reason": "done"}))
    notice = json.loads(lines.readline())
    out["notice"] = [notice["method"], notice["params"]["lease_id"] == lease["lease_id"]]
out["told"] = told
json.dump(out, sys.stdout)
