"""Makes keys, a chain of attenuating tokens and its proof with openssl alone, and prints them.

Arguments: a folder for the keys, the moment, the audience. Shares nothing with the service.
"""

import base64
import hashlib
import json
import subprocess
import sys

folder, now, audience = sys.argv[1], int(sys.argv[2]), sys.argv[3]


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def canonical(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def openssl(*args, stdin=b""):
    done = subprocess.run(["openssl", *args], input=stdin, capture_output=True, check=True)
    return done.stdout


class Holder:
    def __init__(self, name):
        self.path = f"{folder}/{name}.pem"
        openssl("genpkey", "-algorithm", "ed25519", "-out", self.path)
        der = openssl("pkey", "-in", self.path, "-pubout", "-outform", "DER")
        self.jwk = {"kty": "OKP", "crv": "Ed25519", "x": b64(der[-32:])}
        self.thumbprint = b64(hashlib.sha256(canonical(self.jwk)).digest())

    def sign(self, typ, claims):
        header = canonical({"alg": "Ed25519", "typ": typ})
        text = f"{b64(header)}.{b64(canonical(claims))}"
        with open(f"{folder}/input", "wb") as file:
            file.write(text.encode())
        signature = openssl(
            "pkeyutl", "-sign", "-rawin", "-inkey", self.path, "-in", f"{folder}/input"
        )
        return f"{text}.{b64(signature)}"


def digest(token):
    return b64(hashlib.sha256(token.rsplit(".", 1)[0].encode()).digest())


def entry(constraint):
    tools = {"read_file": {"path": constraint}}
    return [{"type": "attenuating_agent_token", "tools": tools}]


issuer, planner, worker = Holder("issuer"), Holder("planner"), Holder("worker")
root = issuer.sign(
    "aat+jwt",
    {
        "jti": "root-of-python",
        "iss": "https://python.example",
        "iat": now - 10,
        "exp": now + 600,
        "del_depth": 0,
        "del_max_depth": 2,
        "cnf": {"jwk": planner.jwk},
        "authorization_details": entry({"constraint_type": "wildcard"}),
    },
)
link = planner.sign(
    "aat+jwt",
    {
        "jti": "link-of-python",
        "iss": f"urn:ietf:params:oauth:jwk-thumbprint:sha-256:{planner.thumbprint}",
        "iat": now - 5,
        "exp": now + 300,
        "aud": [audience],
        "del_depth": 1,
        "del_max_depth": 1,
        "par_hash": digest(root),
        "cnf": {"jwk": worker.jwk},
        "authorization_details": entry(
            {"constraint_type": "one_of", "values": ["/data/q3.pdf", "/data/\u00fc.pdf"]}
        ),
    },
)


def proof(name, path):
    claims = {
        "jti": name,
        "iat": now,
        "aat_id": "link-of-python",
        "aat_hash": digest(link),
        "aat_tool": "read_file",
        "aat_aud": audience,
        "hta": {"path": path},
    }
    return worker.sign("aat-pop+jwt", claims)


def body(name, path):
    request = {
        "type": "tool",
        "server": audience,
        "tool": "read_file",
        "arguments": {"path": path},
    }
    shown = {"aat_chain": [root, link], "aat_pop": proof(name, path)}
    return {**shown, "audience": audience, "request": request}


print(
    json.dumps(
        {
            "jwk": issuer.jwk,
            "fits": body("proof-1", "/data/q3.pdf"),
            "widens": body("proof-2", "/etc/passwd"),
        }
    )
)
