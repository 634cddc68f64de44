import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { completionTable } from '../../src/cli/completion/table.ts'
import { buildWholeProgram } from '../../src/cli/program.ts'

/** What asks an operation on the command line, or in a sentence why nothing there does. */
type Asked = readonly string[] | string

const MIDDLEWARE = 'Enforcement points ask it at every call: writ/middleware and the gateway do.'
const LEASH = 'Agents and verifiers that speak LEASH tokens ask it by themselves.'
const MACHINES = 'A stream for machines that follow it without a person.'

const PARITY: Readonly<Record<string, Asked>> = {
  'POST /v1/operators': ['operator add'],
  'GET /v1/operators': ['operator list'],
  'DELETE /v1/operators/{name}': ['operator remove'],
  'POST /v1/agents': ['agent add'],
  'POST /v1/agents/federated': ['agent federate'],
  'GET /v1/agents': ['agent list'],
  'POST /v1/agents/self/certificate': ['agent renew'],
  'PUT /v1/agents/self/certificate': ['agent announce'],
  'POST /v1/agents/self/attestation': ['agent attest'],
  'POST /v1/agents/self/heartbeat': ['connector run'],
  'POST /v1/nonces': ['agent nonce'],
  'GET /v1/agents/{name}': ['agent show'],
  'PUT /v1/agents/{name}/contract': ['agent contract'],
  'POST /v1/agents/{name}/certificate': ['agent reissue'],
  'POST /v1/enrollments': ['enroll new'],
  'GET /v1/enrollments/{id}': ['enroll new'],
  'POST /v1/registrations/begin': ['enroll join', 'connector join'],
  'POST /v1/registrations': ['enroll join', 'connector join'],
  'GET /v1/registrations': ['enroll pending'],
  'GET /v1/registrations/self': ['enroll join', 'connector join'],
  'GET /v1/registrations/{id}': ['enroll show'],
  'POST /v1/registrations/{id}/approve': ['enroll approve'],
  'POST /v1/registrations/{id}/deny': ['enroll deny'],
  'POST /v1/registrations/{id}/certificate': ['enroll join', 'connector join'],
  'GET /v1/connection': ['connector run'],
  'POST /v1/leases': ['lease open'],
  'GET /v1/leases': ['lease list'],
  'GET /v1/leases/{id}': ['lease show'],
  'GET /v1/leases/{id}/tree': ['tree'],
  'GET /v1/leases/{id}/children': 'The console opens a tree level by level; writ tree cuts it.',
  'POST /v1/leases/{id}/renew': ['lease renew'],
  'POST /v1/leases/{id}/release': ['lease release'],
  'POST /v1/leases/{id}/revoke': ['revoke'],
  'GET /v1/leases/{id}/revoke-preview': ['revoke'],
  'GET /v1/leases/{id}/budgets': ['budget show'],
  'GET /v1/leases/{id}/budgets/history': 'The console draws it; writ budget show tells the sums.',
  'GET /v1/leases/{id}/reservations': ['budget show'],
  'POST /v1/settlements': ['budget settle'],
  'POST /v1/delegations': ['delegate'],
  'POST /v1/delegations/redeem': ['redeem'],
  'POST /v1/handles': ['handle create'],
  'GET /v1/handles': ['handle list'],
  'POST /v1/handles/{id}/revoke': ['handle revoke'],
  'POST /v1/tokens': ['token mint', 'call', 'wrap'],
  'POST /v1/actions': ['action'],
  'POST /v1/tokens/introspect': ['token introspect'],
  'POST /v1/tokens/redeem': MIDDLEWARE,
  'POST /v1/redemptions': MIDDLEWARE,
  'POST /v1/aat/redemptions': MIDDLEWARE,
  'GET /v1/receipts/{jti}': ['token receipt'],
  'POST /v1/leash/tokens': LEASH,
  'POST /v1/leash/verify': LEASH,
  'GET /v1/public/leash/keys/{user}': LEASH,
  'GET /v1/public/leash/status/{jti}': LEASH,
  'GET /v1/approvals': ['approval list'],
  'GET /v1/approvals/stream': ['approval watch'],
  'POST /v1/approvals/decide': 'Several at once is for the console; here each is shown and asked.',
  'GET /v1/approvals/{id}': ['approval show'],
  'POST /v1/approvals/{id}/approve': ['approval approve'],
  'POST /v1/approvals/{id}/deny': ['approval deny'],
  'POST /v1/revocations': ['revoke'],
  'GET /v1/revocations': ['revocation list'],
  'GET /v1/revocations/preview':
    'The console counts what an agent would take along; writ revoke asks.',
  'GET /v1/revocations/feed': MACHINES,
  'DELETE /v1/revocations/{subject}': ['revoke'],
  'POST /v1/security-events': MACHINES,
  'POST /v1/credentials': ['credential add', 'credential import'],
  'GET /v1/credentials': ['credential list'],
  'GET /v1/credentials/{name}': ['credential show'],
  'PATCH /v1/credentials/{name}': ['credential disable', 'credential enable'],
  'DELETE /v1/credentials/{name}': ['credential remove'],
  'POST /v1/credentials/{name}/rotate': ['credential rotate'],
  'POST /v1/credentials/{name}/rollback': ['credential rollback'],
  'POST /v1/explain': ['explain'],
  'GET /v1/policies': ['policy list'],
  'POST /v1/policy/explain': ['policy explain'],
  'POST /v1/policy/replay': ['policy replay'],
  'GET /v1/status-lists/{n}': 'Open to anyone; verifiers of tokens read it.',
  'GET /v1/limits': 'The console lists them, and so does docs/reference/limits.md.',
  'GET /v1/keys': ['keys list'],
  'POST /v1/keys/rotate': ['keys rotate'],
  'POST /v1/keys/{kid}/retire': ['keys retire'],
  'GET /v1/alerts': ['alert list', 'alert tail'],
  'POST /v1/alerts/{id}/acknowledge': ['alert ack'],
  'POST /v1/webhooks': ['webhook add'],
  'GET /v1/webhooks': ['webhook list'],
  'DELETE /v1/webhooks/{id}': ['webhook remove'],
  'POST /v1/webhooks/{id}/test': ['webhook test'],
  'GET /v1/audit': ['audit tail'],
  'GET /v1/audit/search': ['audit search'],
  'GET /v1/audit/stream': 'The console shows it; writ audit tail reads the chains themselves.',
  'GET /v1/audit/records/{chain}/{sequence}': ['audit show'],
  'GET /v1/audit/checkpoints': ['audit tail'],
  'GET /v1/audit/verify': ['audit verify', 'doctor'],
  'GET /v1/audit/export': ['audit export'],
}

/** Commands that ask none of these operations, and what they do instead. */
const BESIDE = [
  ...['serve', 'init', 'demo', 'authority', 'gateway', 'migrate', 'completion', 'scan'],
  ...['backup', 'restore'],
  ...['agent request', 'connector config', 'connector agents-md', 'credential seal', 'keys rewrap'],
  ...['scope', 'scope check', 'scope permits', 'policy check', 'token inspect', 'wrap-credential'],
]

let commands: readonly string[] = []
beforeAll(async () => {
  const rows = completionTable(await buildWholeProgram())
  commands = rows.filter(({ verbs }) => verbs.length === 0).map(({ words }) => words)
})

const document = parse(readFileSync(new URL('../../openapi.yaml', import.meta.url), 'utf8')) as {
  readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>
}
const operations = Object.entries(document.paths).flatMap(([path, item]) =>
  Object.keys(item)
    .filter((method) => /^(get|post|put|patch|delete)$/.test(method))
    .map((method) => `${method.toUpperCase()} ${path}`),
)

describe('operations of the API and commands', () => {
  test('each guarded operation has a command, or a sentence why not', () => {
    const guarded = operations.filter((operation) => operation.includes(' /v1/'))
    const sentence = 'A row of PARITY for each operation: its command, or why it has none.'
    expect(Object.keys(PARITY).sort(), sentence).toEqual(guarded.sort())
  })

  test('each command that is named is there', () => {
    const named = Object.values(PARITY).flatMap((asked) => (typeof asked === 'string' ? [] : asked))
    const absent = named.filter((words) => !commands.includes(words))
    expect(absent, 'PARITY names commands of src/cli/nouns.').toEqual([])
  })

  test('each command asks an operation, or is one that works beside the API', () => {
    const named = Object.values(PARITY).flatMap((asked) => (typeof asked === 'string' ? [] : asked))
    const alone = commands.filter((words) => !named.includes(words) && !BESIDE.includes(words))
    expect(alone, 'Name it in PARITY, or in BESIDE when it asks the API nothing.').toEqual([])
  })
})
