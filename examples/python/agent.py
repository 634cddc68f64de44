"""Two agents in Python, with its standard library and the OpenAPI document (openapi.yaml) alone.

The planner opens a lease and delegates a part of it; the worker redeems that, takes a call token and
spends it on one call through the gateway. Each is known by its certificate (mutual TLS).

    python3 agent.py PLANNER_FOLDER WORKER_FOLDER SCOPE_FILE

Folders hold agent.crt, agent.key and ca.crt, as `writ agent add --out` leaves them or as `openssl`
made them (see README.md). WRIT_AGENTS_ADDR, AUDIENCE and CALL_URL say where everything is.
"""

import http.client
import json
import os
import ssl
import sys
import uuid
from urllib.parse import urlsplit


class Refused(Exception):
    """The service said no; `code` is the word of its table."""

    def __init__(self, problem):
        super().__init__(problem["title"])
        self.code = problem["code"]


class Agent:
    """One agent: its certificate and key, and where its authority is."""

    def __init__(self, folder, authority):
        self.tls = ssl.create_default_context(cafile=f"{folder}/ca.crt")
        self.tls.minimum_version = ssl.TLSVersion.TLSv1_3
        self.tls.load_cert_chain(f"{folder}/agent.crt", f"{folder}/agent.key")
        self.authority = authority

    def send(self, method, url, headers, body=None):
        parts = urlsplit(url)
        connection = http.client.HTTPSConnection(parts.netloc, context=self.tls, timeout=15)
        try:
            target = parts.path + (f"?{parts.query}" if parts.query else "")
            connection.request(method, target, body=body, headers=headers)
            answer = connection.getresponse()
            return answer, answer.read()
        finally:
            connection.close()

    def ask(self, method, path, body=None):
        """One request of the API; a creation is safe to send again under its key."""
        headers = {"Content-Type": "application/json", "Idempotency-Key": str(uuid.uuid4())}
        text = None if body is None else json.dumps(body)
        answer, read = self.send(method, self.authority + path, headers, text)
        value = json.loads(read)
        if answer.status == 202:
            raise SystemExit(f"{value['approval']['owner']} has to approve this first.")
        if answer.status >= 300:
            raise Refused(value)
        return value

    def call(self, lease, audience, method, url):
        """Takes a token and spends it on one call through the gateway."""
        body = {"lease_id": lease, "audience": audience}
        token = self.ask("POST", "/v1/tokens", body)["tokens"][0]["token"]
        answer, read = self.send(method, url, {"Authorization": f"Bearer {token}"})
        refusal = answer.getheader("Writ-Refusal")
        if refusal is not None:
            raise Refused(json.loads(read))
        return answer.status, read.decode()


def main(planner_folder, worker_folder, scope_file):
    authority = os.environ["WRIT_AGENTS_ADDR"]
    audience, url = os.environ["AUDIENCE"], os.environ["CALL_URL"]
    planner, worker = Agent(planner_folder, authority), Agent(worker_folder, authority)
    with open(scope_file, encoding="utf-8") as file:
        scope = json.load(file)

    root = planner.ask("POST", "/v1/leases", {"scope": scope, "ttl_seconds": 300})
    part = {"type": scope["type"], "grants": [{**scope["grants"][0], "methods": ["GET"]}]}
    order = {"lease_id": root["id"], "delegate": os.environ["DELEGATE"], "scope": part}
    delegation = planner.ask("POST", "/v1/delegations", order)

    lease = worker.ask("POST", "/v1/delegations/redeem", {"token": delegation["token"]})
    status, text = worker.call(lease["id"], audience, "GET", url)
    wide = refused = None
    try:
        wide = worker.call(lease["id"], audience, "POST", url)
    except Refused as no:
        refused = no.code
    planner.ask("POST", f"/v1/leases/{root['id']}/revoke", {"reason": "done"})
    revoked = None
    try:
        worker.call(lease["id"], audience, "GET", url)
    except Refused as no:
        revoked = no.code
    told = {"depth": lease["depth"], "status": status, "text": text}
    print(json.dumps({**told, "wide": wide, "refused": refused, "revoked": revoked}))


if __name__ == "__main__":
    main(*sys.argv[1:])
