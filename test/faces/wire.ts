import { Hono } from 'hono'
import { problemOf } from '../../src/admission/problem.ts'
import { readNo } from '../../src/admission/remote-answer.ts'
import { refused as refusedInCommand } from '../../src/cli/outcome.ts'
import { refusedWith } from '../../src/client/errors.ts'
import type { ProblemView } from '../../src/client/views/common.ts'
import { createRelay } from '../../src/connector/relay.ts'
import type { RequestId } from '../../src/domain/ids.ts'
import { type Refusal, type RefusalCode, refusalEntry, refuse } from '../../src/domain/refusal.ts'
import { readProxyTable } from '../../src/forward-auth/proxy-table.ts'
import { forwardAuthRows } from '../../src/forward-auth/rows.ts'
import { STATUS_TOLD } from '../../src/forward-auth/status.ts'
import { restRow } from '../../src/http/pipeline.ts'
import { ROUTES } from '../../src/http/route-table.ts'
import type { HttpEnv } from '../../src/listener/context.ts'
import type { FaceRow } from '../../src/listener/face.ts'
import { createLog } from '../../src/log.ts'
import { mcpRow } from '../../src/mcp/endpoint.ts'
import { MCP_REFUSALS, rpcErrorOf } from '../../src/mcp/refusals.ts'
import { refusedAnswer } from '../../src/mcp/tool.ts'
import { type Guard, judge, type Mode } from '../../src/middleware/guard.ts'
import { mcpTools } from '../../src/middleware/mcp.ts'
import { OAUTH_ERRORS } from '../../src/oauth/errors.ts'
import { OAUTH_ROWS } from '../../src/oauth/rows.ts'
import { CDP_CODES, CDP_ERRORS, cdpError } from '../../src/rpc/cdp/codes.ts'
import { CDP_ROW } from '../../src/rpc/cdp/endpoint.ts'
import { CRP_ERRORS, crpError } from '../../src/rpc/crp/errors.ts'
import { crpRows } from '../../src/rpc/crp/rows.ts'
import { spell } from '../../src/rpc/envelope.ts'
import { agentUri } from '../support/pki.ts'

/** What a caller gets to see of one refusal, whole, and what a small reader finds in it. */
export interface Told {
  /** Status, number or exit status. */
  readonly number: number
  /** All of it, headers included: nothing of the facts may stand in here. */
  readonly wire: string
  /** Our word, read out of the wire form as a client of this face would. */
  readonly word: unknown
}

/** One wire form of refusals. */
export interface WireForm {
  readonly name: string
  /** Tells a refusal by the mapping of the face itself. */
  tell(refusal: Refusal): Promise<Told>
  /** What the table of the face says its number is. */
  number(code: RefusalCode): number
}

const REQUEST = 'req_AAAAAAAAAAAAAAAAAAAAAA' as RequestId
const status = (code: RefusalCode) => refusalEntry(code).http

/** Where a yes or fresher evidence is missing, an enforcement point asks for it (RFC 9470 §3). */
const STEP_UP: readonly RefusalCode[] = [
  'attestation_stale',
  'approval_required',
  'approval_denied',
]

/** The status of an enforcement point. */
export function pointStatus(code: RefusalCode): number {
  return STEP_UP.includes(code) ? 401 : status(code)
}

// biome-ignore lint/suspicious/noExplicitAny: a test looks into answers of every shape
type Seen = any

async function seeing(answer: Response, word: (json: Seen) => unknown): Promise<Told> {
  const text = await answer.text()
  const wire = `${JSON.stringify([...answer.headers])}${text}`
  return { number: answer.status, wire, word: word(JSON.parse(text)) }
}

/** A form that is told by the row of a listener, to a caller who is proven. */
function ofRow(
  name: string,
  row: FaceRow | undefined,
  word: (json: Seen) => unknown,
  number = status,
): WireForm {
  if (row === undefined) throw new Error(`${name} has no row`)
  return {
    name,
    number,
    async tell(refusal) {
      const app = new Hono<HttpEnv>()
      app.all('*', (c) => {
        c.set('requestId', REQUEST)
        c.set('actor', agentUri('worker'))
        return row.refused(c, refusal)
      })
      return seeing(await app.request('/'), word)
    },
  }
}

function proxyRow(): FaceRow | undefined {
  const text = `[[proxy]]
agent = "${agentUri('edge').replace('/agent/', '/gateway/')}"
headers = "original"
certificate = "escaped-pem"
sites = { "https://reports.example" = "https://reports.example/" }`
  const read = readProxyTable({ name: 'proxies.toml', text })
  if (!read.ok) throw new Error(read.problem)
  return forwardAuthRows(read.proxies)[0]
}

const inProblem = ({ code }: Seen) => code
const inRpcError = ({ error }: Seen) => error.data.code

/** A service that guards itself, before which somebody stands against whom this stands. */
function middleware(name: string, mode?: Mode): WireForm {
  return {
    name,
    number: pointStatus,
    async tell(refusal) {
      const guard: Guard = {
        admit: async () => refuse('fault'),
        origin: 'https://api.example',
        requestId: () => REQUEST,
      }
      const readBody = async () => refuse('fault')
      const peer = { ok: false, refusal } as const
      const header = () => []
      const arrival = { method: 'POST', target: '/a', header, peer, readBody }
      const verdict = await judge(guard, arrival, mode)
      if (verdict.ok) throw new Error('let through')
      const { body, ...head } = verdict.told
      return seeing(new Response(body, head), inProblem)
    },
  }
}

const command: WireForm = {
  name: 'the command',
  number: (code) => refusalEntry(code).exit,
  async tell(refusal) {
    const { exit, message, document } = refusedInCommand(problemOf(refusal, REQUEST))
    const [, inSentence] = / \((\w+)\) \[req_/.exec(message) ?? []
    const { code } = document as { readonly code: string }
    const word = code === inSentence ? code : `${code} or ${inSentence}`
    return { number: exit, wire: message + JSON.stringify(document), word }
  },
}

const client: WireForm = {
  name: 'writ/client',
  number: status,
  async tell(refusal) {
    const told = JSON.parse(JSON.stringify(problemOf(refusal, REQUEST))) as ProblemView
    const error = refusedWith(told)
    const wire = `${error.message}${JSON.stringify(error)}`
    return { number: error.status ?? 0, wire, word: error.code }
  },
}

const remote: WireForm = {
  name: 'a gateway without a store, asking',
  number: status,
  async tell(refusal) {
    const problem = problemOf(refusal, REQUEST)
    const again = readNo(JSON.parse(JSON.stringify(problem)))
    return { number: problem.status, wire: JSON.stringify(again), word: again.refusal.code }
  },
}

/** A tool error of MCP; it has no number. */
const tool: WireForm = {
  name: 'a tool of LEASH',
  number: () => 0,
  async tell(refusal) {
    const answer = refusedAnswer(refusal, REQUEST)
    const word = answer.isError === true ? answer.structuredContent['code'] : 'no error'
    return { number: 0, wire: JSON.stringify(answer), word }
  },
}

/** An error of a call over JSON-RPC; CRP has words of its own, which the message is. */
const crpCall: WireForm = {
  name: 'a call of CRP',
  number: () => 0,
  async tell(refusal) {
    const error = crpError(refusal, { method: 'crp/use', params: { service: 'github' } })
    const wire = spell(1, error)
    const { message, data } = JSON.parse(wire).error
    const word = message === CRP_ERRORS[refusal.code] ? data.code : message
    return { number: 0, wire, word }
  },
}

const cdpCall: WireForm = {
  name: 'a call of CDP',
  number: (code) => CDP_ERRORS[CDP_CODES[code]],
  async tell(refusal) {
    const wire = spell(1, cdpError(refusal, REQUEST))
    const { code: number, data } = JSON.parse(wire).error
    return { number, wire, word: data.code }
  },
}

const sink = { write: () => undefined }

/** What comes out of the connector when the authority answers its connection with this no. */
const connector: WireForm = {
  name: 'the connector',
  number: (code) => MCP_REFUSALS[code][0],
  async tell(refusal) {
    const error = rpcErrorOf(refusal, REQUEST)
    const message = { jsonrpc: '2.0', id: 1, error }
    const request = async () => ({ status: status(refusal.code), message, requestId: REQUEST })
    const log = createLog({ level: 'debug', destination: sink })
    const relay = createRelay({ request } as never, log, () => undefined)
    const told: Seen = await relay.request('tools/list', {}).catch((thrown: unknown) => thrown)
    const asTool: Seen = await relay.request('tools/call', { name: 'leash/check_status' })
    const words = [told.data.code, asTool.structuredContent.code]
    const word = words[0] === words[1] && asTool.isError === true ? words[0] : words.join(' or ')
    return { number: told.code, wire: JSON.stringify([told, asTool]), word }
  },
}

/** Every wire form but that of the gateway, which needs a gateway. */
export const WIRE_FORMS: readonly WireForm[] = [
  ofRow('REST', restRow(ROUTES[0] as never), inProblem),
  ofRow('OAuth', OAUTH_ROWS[0], inProblem, (code) => OAUTH_ERRORS[code][1]),
  ofRow('MCP', mcpRow(), inRpcError),
  tool,
  connector,
  // A version is something both sides speak about, so that CRP tells it in an answer.
  ofRow('CRP', crpRows({ listShape: 'objects' })[0], inRpcError, (code) =>
    code === 'conflict' ? 200 : status(code),
  ),
  crpCall,
  ofRow('CDP', CDP_ROW, inRpcError),
  cdpCall,
  ofRow('forward-auth', proxyRow(), inProblem, (code) => STATUS_TOLD[code]),
  middleware('middleware'),
  middleware('middleware of an MCP server', mcpTools({ server: 'https://mcp.example/mcp' })),
  remote,
  client,
  command,
]
