import { openAuthority } from '../../../src/connector/authority.ts'
import { createRelay } from '../../../src/connector/relay.ts'
import { createLog } from '../../../src/log.ts'
import { type As, type Asking, askFace } from '../asks.ts'
import { type Calling, callFace } from '../calls.ts'
import type { Stage } from '../stage.ts'
import { rpcWord } from './crp.ts'
import { wordOf } from './rest.ts'

const REVISION = '2026-07-28'
const META = {
  'io.modelcontextprotocol/protocolVersion': REVISION,
  'io.modelcontextprotocol/clientInfo': { name: 'raw', version: '1' },
  'io.modelcontextprotocol/clientCapabilities': {},
}

// biome-ignore lint/suspicious/noExplicitAny: a test looks into answers of every shape
type Seen = any
type CallTool = (stage: Stage, as: As, tool: string, given: object) => Promise<string>

/** The word of a tool: an error is a result too, and so is a question for a person. */
function toolWord({ isError, structuredContent: told }: Seen): string {
  if (isError === true) return String(told.code)
  return told.status === 'pending_approval' ? 'approval_required' : 'allowed'
}

const HEADERS = {
  accept: 'application/json, text/event-stream',
  'content-type': 'application/json',
  'mcp-protocol-version': REVISION,
  'mcp-method': 'tools/call',
}

const overHttp: CallTool = async (_stage, as, tool, given) => {
  const name = `leash/${tool}`
  const params = { name, arguments: given, _meta: META }
  const body = { jsonrpc: '2.0', id: 1, method: 'tools/call', params }
  const headers = { ...HEADERS, 'mcp-name': name }
  const { json } = await as.ask('POST', '/mcp', { body, headers })
  return json.error === undefined ? toolWord(json.result) : rpcWord(json)
}

/** The way of the connector, without the pipe between it and its agent. */
const overConnector: CallTool = async (stage, as, tool, given) => {
  const connection = {
    address: `https://127.0.0.1:${stage.site.agentsPort}`,
    ca: stage.site.rootPem,
    certificate: as.credential.cert,
    privateKey: as.credential.key,
  }
  const self = { name: 'test', version: '1' }
  const authority = openAuthority(connection, self, async () => undefined)
  const log = createLog({ level: 'debug', destination: { write: () => undefined } })
  const relay = createRelay(authority, log, () => undefined)
  const params = { name: `leash/${tool}`, arguments: given }
  return relay
    .request('tools/call', params)
    .then(toolWord)
    .finally(() => authority.close())
}

const NONE = 'not expressible: LEASH passes nothing on'
const FIXED = 'not expressible: what is opened is what the contract has for a secret'

const without: Asking['without'] = {
  'for more than its contract': FIXED,
  'for a token of another audience': 'not expressible: a route has its audience',
  'to pass on more than it has': NONE,
  'to pass on what may not be passed on': NONE,
  'to pass it on to whom it may not go': NONE,
  'to pass it on deeper than allowed': NONE,
  'with the delegation of another': NONE,
  'with a delegation twice': NONE,
  'with a delegation for elsewhere, which stays whole': NONE,
  'with a delegation that is forged': NONE,
}

const asking = (name: string, call: CallTool): Asking => ({
  name,
  open: (stage, as) => call(stage, as, 'request_secret', { identifier: 'key' }),
  take: (stage, as, handle) =>
    call(stage, as, 'execute_action', { handle, method: 'GET', route: 'up', path: '/a/1' }),
})

export const MCP = askFace({
  ...asking('LEASH over MCP', overHttp),
  async raw(_stage, as, { method, body, type = 'application/json' }) {
    const headers = { ...HEADERS, 'content-type': type }
    const sent = body === undefined ? {} : { raw: body, headers }
    const { status, json } = await as.ask(method, '/mcp', sent)
    return json.error === undefined ? wordOf({ status, json }) : rpcWord(json)
  },
  twice: '{"jsonrpc":"2.0","id":1,"id":2,"method":"ping"}',
  without,
})

const OWN_FRAMES = 'not expressible: the connector writes what it sends itself'

export const CONNECTOR = askFace({
  ...asking('the connector', overConnector),
  without: {
    ...without,
    'with a body that can not be read': OWN_FRAMES,
    'with a member twice': OWN_FRAMES,
    'with a body that is too large': OWN_FRAMES,
    'with a body of another type': OWN_FRAMES,
    'by another method': OWN_FRAMES,
  },
})

const MADE = 'not expressible: the token of an action is made for it, and nobody shows one'

/** Calls that the service makes for an agent: what is shown is the lease. */
const acting = (name: string, act: Calling<string>['show']): Calling<string> => ({
  name,
  take: async (_stage, _holder, lease) => lease,
  show: act,
  without: {
    'without a token': MADE,
    'with a token that is forged': MADE,
    'with a token of another kind': MADE,
    'with the token of another': MADE,
    'with a token twice': MADE,
    'with a token that is over': MADE,
  },
})

export const LEASH_ACTIONS = callFace(
  acting('actions by LEASH', (stage, handle, { as, path }) =>
    overHttp(stage, as, 'execute_action', { handle, method: 'GET', route: 'up', path }),
  ),
)

export const ACTIONS = callFace(
  acting('actions by REST', async (_stage, lease_id, { as, path }) => {
    const body = { lease_id, route: 'up', method: 'GET', path }
    return wordOf(await as.ask('POST', '/v1/actions', { body }))
  }),
)
