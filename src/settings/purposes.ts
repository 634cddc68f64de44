import type { SettingName } from './config.ts'

/** What a setting is for, and the page of docs/ that tells more, if there is one. */
type Purpose = readonly [purpose: string, page?: string]

/**
 * What each setting is for: for the help of the command line and for docs/reference/settings.md.
 * Names of code stand in backticks.
 */
export const SETTING_PURPOSES: Readonly<Record<SettingName, Purpose>> = {
  issuer: [
    '`iss` of every token. Tokens of another issuer are refused, so changing it ' +
      'ends what is outstanding',
  ],
  trust_domain: [
    'the domain in `spiffe://<domain>/agent/<name>`; the root certificate belongs to it',
  ],
  trust_bundles_dir: [
    'folder of `<trust domain>.pem`: authorities of other trust domains, whose agents owners may ' +
      'let in. Read at a start, and every minute',
    'guides/federation.md',
  ],
  data_dir: ['folder of the store'],
  database_url: [
    '`postgres://user:password@host:5432/writ`; without it the store is SQLite in `data_dir`',
    'operating/postgresql.md',
  ],
  database_url_file: [
    'a file that holds the URL, closed to others; a flag or a variable shows its ' +
      'password to more eyes',
  ],
  keys_dir: ['folder of the keys'],
  token_alg: ['name of the algorithm of new keys: `EdDSA`, or `Ed25519` (RFC 9864)'],
  server_names: ['names in our certificates, and hosts that requests may name'],
  agents_url: [
    'origin under which agents reach the `agents` listener, told in the OAuth ' +
      'metadata; empty: the first server name and the port',
    'faces/oauth.md',
  ],
  plain_api_off_loopback: [
    'lets the `api` listener stand off loopback without TLS; only behind a TLS proxy',
  ],
  'listeners.api': [
    'owners, operators, console, health, metrics, documents: plain HTTP unless ' +
      '`listeners.api_tls` says otherwise',
  ],
  'listeners.api_tls': [
    '`on`: the `api` listener speaks TLS 1.3. `with_certificates`: it also asks browsers for a ' +
      'certificate, which people may sign in with',
    'subjects/console.md#with-a-certificate',
  ],
  'listeners.api_certificate': [
    'PEM file of the chain it then shows; empty: a certificate of our own authority for ' +
      '`server_names`',
  ],
  'listeners.api_private_key': [
    'PEM file of its key, closed to others; both files are read anew every 6 hours',
  ],
  security_contact: [
    'where who found a weakness of this deployment may tell of it, as ' +
      '`/.well-known/security.txt` names it; empty: there is no such file',
    'operating/hardening.md',
  ],
  security_policy: ['what is promised to who tells, as that file names it; empty: nothing is'],
  'listeners.agents': ['mutual TLS: agents and enforcement points'],
  'listeners.gateway': ['mutual TLS: calls'],
  'listeners.handles': [
    'calls by handle, `/proxy/<route>/…`: plain HTTP on loopback, TLS elsewhere. ' +
      'Only of a process with a store',
    'faces/handles.md',
  ],
  'listeners.dpop': [
    'TLS that needs no client certificate: calls by tokens bound to a proven key',
    'faces/dpop.md',
  ],
  'listeners.admin': [
    'plain HTTP: `/healthz`, `/readyz` and `/metrics` of this process. `auto` is ' +
      '`127.0.0.1:9444` for `writ gateway` and none for the others, which have them ' +
      'on `api`; `off` is none',
  ],
  authority: [
    'agents listeners of the authority, `https://host:9442`, one or several of one ' +
      'authority: `writ gateway` then has no store and no keys',
  ],
  'aat.issuers_file': [
    'TOML file of the issuers whose chains of attenuating tokens are accepted, each ' +
      'with a ceiling; without one none is',
    'faces/aat.md',
  ],
  'oauth.assertion_issuers_file': [
    "TOML file of the issuers whose word for a person opens leases; without one nobody's does",
    'faces/oauth.md#jwt-bearer-a-person-vouched-for',
  ],
  'attestation.release_keys': [
    'Ed25519 keys that sign releases, each `name:base64url` of 32 bytes; without ' +
      'one `signed-code` evidence is refused',
  ],
  'attestation.oidc_issuers_file': [
    'TOML file of the issuers of workload identity tokens; without one `oidc` ' +
      'evidence is refused',
    'subjects/attestation.md#workload-identity-tokens',
  ],
  'attestation.suspend_on_mismatch': [
    'evidence that differs from what is known suspends the agent, beside the alert',
  ],
  'attestation.renew_seconds': [
    'owners are alerted of agents whose newest proof is older; `0`: of none',
  ],
  'forward_auth.proxies': [
    'file of the proxies that may ask about requests; without one there is no `/authz`',
    'faces/forward-auth.md',
  ],
  'gateway.routes': ["file of the gateway's routes", 'reference/protocol.md#gateway'],
  'gateway.dpop_nonce': ['proofs have to carry a nonce of this gateway', 'faces/dpop.md'],
  'gateway.certificate': [
    "with `authority`: file of the gateway's certificate, which is renewed in " +
      'place; also `--cert`, or `agent.crt` of `--identity`',
  ],
  'gateway.private_key': [
    'with `authority`: file of its key, for nobody else to read; also `--key`, or ' +
      '`agent.key` of `--identity`',
  ],
  'gateway.authority_ca': [
    'with `authority`: file of the root it trusts, for the authority and for ' +
      'agents; also `--cacert`, or `ca.crt` of `--identity`',
  ],
  'gateway.ledger_dir': [
    'with `authority`: folder on a local disk where a gateway with detached routes ' +
      'remembers which tokens it has spent',
    'subjects/detached-mode.md',
  ],
  'gateway.public_url': [
    'where agents reach the gateway, as CRP tells them; without it, where this ' +
      'process listens',
    'faces/crp.md',
  ],
  'gateway.handles_url': ['the same for calls by handle, without `/proxy`', 'faces/handles.md'],
  'exposure.max': [
    'what agents may have of a credential at most: `never` and `use` put it into ' +
      'calls alone, `retrieve` lets its value be handed out where three more locks ' +
      'are open too',
    'faces/crp.md#four-locks',
  ],
  'crp.list_shape': [
    'services in the answer of `crp/list`: `objects`, or `names` for clients of the ' +
      'first page of CRP',
  ],
  'vault.backend': [
    'where the secret of a credential lies when its owner does not say: `embedded`, ' +
      '`file` or `vault_kv`',
    'subjects/credentials.md',
  ],
  'vault.file_dir': ['folder of secrets in files'],
  'vault.kv_url': [
    'HashiCorp Vault or OpenBao with a KV version 2 engine, `https://host:8200`; ' +
      'plain HTTP on loopback alone',
  ],
  'vault.kv_mount': ['where the engine is mounted'],
  'vault.kv_namespace': ['its namespace'],
  'vault.kv_token_file': [
    'file that holds its token, closed to others; read at each use, so that whoever ' +
      'renews the token replaces the file',
  ],
  'vault.kv_ca': ['PEM file of the authorities it is trusted by, instead of the public ones'],
  drain_notice_ms: [
    'after SIGTERM, how long `/readyz` says 503 and every answer says `Connection: ' +
      'close` before no more connections are taken; longer than a balancer takes to ' +
      'notice',
  ],
  drain_deadline_ms: [
    'how long after that notice calls that run may go on, on all listeners together; then they ' +
      'are cut',
  ],
  leash_tokens: ['`leash+jwt` is minted and verified', 'faces/leash-tokens.md'],
  status_list: [
    'leases get a number in a status list and call tokens name its address, below ' +
      '`issuer`; the lists are open to anyone',
    'subjects/revocation-feed.md#other-spellings',
  ],
  budget_warning_percent: [
    'how much of a budget is used when its owner is told, in percent',
    'subjects/budgets.md#alerts',
  ],
  'approvals.seconds': [
    "how long an approval waits for an owner's yes; then it is a no. At most 3,600",
    'subjects/approvals.md',
  ],
  'approvals.quorum': [
    'distinct owners that have to say yes, the accountable one among them. At most 5',
  ],
  policy_dir: [
    'folder of policy files; with it, what no policy allows is denied',
    'subjects/policy.md',
  ],
  policy_key: [
    'Ed25519 public key, base64url; every policy file then needs a signature by it beside it',
  ],
  'audit.verify_at_start': [
    'the authority verifies the whole audit trail before it serves, some 15 µs a ' +
      'record; where that takes too long, say `false` and run `writ audit verify` on ' +
      'a schedule',
  ],
  'anomaly.new_certificate': [
    'a lease used with a certificate nobody announced: `off`, `alert` or `quarantine`',
    'subjects/alerts.md#anomalies',
  ],
  'anomaly.new_address': [
    'a lease used from another address: `off`, `alert` or `quarantine`',
    'subjects/alerts.md#anomalies',
  ],
  'anomaly.burst': [
    'many more calls of a lease than before: `off`, `alert` or `quarantine`',
    'subjects/alerts.md#anomalies',
  ],
  'anomaly.refusals': [
    'a streak of refusals for want of scope: `off`, `alert` or `quarantine`',
    'subjects/alerts.md#anomalies',
  ],
  'anomaly.replay': [
    'a spent or stolen token that comes again: `off`, `alert` or `quarantine`',
    'subjects/alerts.md#anomalies',
  ],
  'anomaly.use_after_revoke': [
    'an agent that goes on with what is revoked: `off`, `alert` or `quarantine`',
    'subjects/alerts.md#anomalies',
  ],
  'anomaly.rate_exceeded': [
    'an agent over the rate of its contract: `off`, `alert` or `quarantine`',
    'subjects/alerts.md#anomalies',
  ],
  'anomaly.policy_quarantine': [
    'a policy keeps something back: `off`, `alert` or `quarantine` (the agent is ' +
      'suspended too)',
  ],
  'cdp.socket': [
    'file of the local socket of CDP; its folder has to be closed to others',
    'faces/cdp.md',
  ],
  'cdp.socket_agent': [
    'the agent that whoever opens the socket is taken for, without proof',
    'faces/cdp.md#who-is-at-the-other-end',
  ],
  'delegation.strict': [
    'a delegation has to be narrower than what it comes from in at least one dimension',
  ],
  'log.level': ['`debug`, `info`, `warn`, `error`, `silent`'],
  'log.format': [
    '`json` lines, `text` or `pretty` for people; `auto`: lines, but for people on a terminal',
  ],
  'limits.caller_requests_per_minute': ['API requests of one caller in a minute, in each process'],
  'limits.body_bytes_max': ['bytes of a body of the API'],
  'limits.decision_deadline_ms': ['after this a decision is refused `status_unknown`'],
}
