import { Server } from '@modelcontextprotocol/server'
import { StdioServerTransport, serveStdio } from '@modelcontextprotocol/server/stdio'
import type { Log } from '../log.ts'
import type { Authority } from './authority.ts'
import type { ReadProgram } from './program.ts'
import { createRelay, endsConnector, type Relay } from './relay.ts'

/** What a connector is made of. */
export interface ConnectorParts {
  readonly authority: Authority
  readonly log: Log
  readonly program: ReadProgram
  /** Time between two heartbeats. */
  readonly everyMs: number
  readonly self: { readonly name: string; readonly version: string }
}

/** Why a connector ended: its host closed it, or the authority does not know it any more. */
export type ConnectorEnd =
  | { readonly kind: 'closed' }
  | { readonly kind: 'refused'; readonly code: string }

/**
 * LEASH-06: stands between an agent, over stdio, and the authority, over mTLS, until its host
 * closes it or the authority refuses it. The first heartbeat comes before anything is served. It
 * stops with the first answer that says so, at the latest one heartbeat after it was revoked; as
 * long as the authority is away, requests fail and it goes on asking.
 */
export async function runConnector(parts: ConnectorParts): Promise<ConnectorEnd> {
  const { authority, log } = parts
  let endWith: (end: ConnectorEnd) => void = () => undefined
  const ended = new Promise<ConnectorEnd>((resolve) => {
    endWith = resolve
  })
  const relay = createRelay(authority, log, (code) => endWith({ kind: 'refused', code }))
  const first = await beat(parts)
  if (first !== undefined) return { kind: 'refused', code: first }
  const transport = new StdioServerTransport()
  const experimental = await experimentalOf(relay)
  const serving = serveStdio(() => sessionOf(relay, parts.self, experimental), { transport })
  process.stdin.once('close', () => endWith({ kind: 'closed' }))
  const timer = setInterval(async () => {
    const code = await beat(parts)
    if (code !== undefined) endWith({ kind: 'refused', code })
  }, parts.everyMs)
  try {
    return await ended
  } finally {
    clearInterval(timer)
    await serving.close()
    await authority.close()
  }
}

/** One heartbeat; answers the word that ends this connector, or undefined. */
async function beat({ authority, log, program }: ConnectorParts): Promise<string | undefined> {
  try {
    const answer = await authority.beat(await program())
    if (answer.ok) {
      if (await authority.renewWhenDue(new Date())) log.info('connector.renewed')
      return undefined
    }
    const { code, request_id } = answer.problem
    log.warn('connector.refused', { refusal: code, request_id })
    return endsConnector(code) ? code : undefined
  } catch (fault) {
    log.fault('connector.unreached', fault)
    return undefined
  }
}

/** What the authority offers beside tools, such as CRP; nothing while it is away. */
async function experimentalOf(relay: Relay): Promise<Record<string, Record<string, unknown>>> {
  try {
    const { capabilities } = await relay.request('server/discover', {})
    const { experimental = {} } = capabilities as { experimental?: Record<string, never> }
    return experimental
  } catch {
    return {}
  }
}

/** Whatever is asked is passed on: this side has no tools, and no rules, of its own. */
function sessionOf(
  relay: Relay,
  self: ConnectorParts['self'],
  experimental: Record<string, Record<string, unknown>>,
): InstanceType<typeof Server> {
  const server = new Server(self, {
    capabilities: { tools: { listChanged: false }, experimental } as never,
  })
  server.setRequestHandler('tools/list', async ({ params }) => {
    const { tools } = await relay.request('tools/list', withoutMeta(params))
    return { tools: tools as never }
  })
  server.setRequestHandler('tools/call', async ({ params }) => {
    const { name, arguments: given = {} } = params
    return (await relay.request('tools/call', { name, arguments: given })) as never
  })
  server.fallbackRequestHandler = ({ method, params }) => relay.request(method, withoutMeta(params))
  return server
}

function withoutMeta(params: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  const { _meta, ...own } = params
  return own
}
