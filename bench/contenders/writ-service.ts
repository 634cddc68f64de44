import { Pool } from 'undici'
import { call, enroll, openYard, type Yard } from '../gateways.ts'
import { insertChain, RESOURCE, signTokens } from '../stage.ts'
import type { OpenContender } from './port.ts'

/** One agent a connection: the API counts the requests of each agent against a limit. */
const AGENTS = 64

interface Member {
  readonly uri: string
  readonly lease: string
  readonly token: string
  readonly pool: Pool
}

/** Writ over mutual TLS: authority and gateway, each in a process of its own, over one store. */
export const open: OpenContender = async () => {
  const yard = await openYard(1)
  const { stage } = yard
  const started = await yard.children.start('writ', { config: stage.config, roles: ['authority'] })
  const agents = String(started.said['agents'])
  const members = await Promise.all(
    Array.from({ length: AGENTS }, (_, at) => join(yard, agents, `member-${at}`)),
  )
  let turn = 0
  const next = (): Member => {
    turn += 1
    const member = members[turn % AGENTS]
    if (member === undefined) throw new Error('there are members')
    return member
  }
  const gateway = yard.connect(yard.gateways[0] ?? '', AGENTS)
  let tokens: string[] = []
  const mint = async (): Promise<void> => {
    const { pool, lease } = next()
    await post(pool, '/v1/tokens', { lease_id: lease, audience: RESOURCE })
  }
  const introspect = async (): Promise<void> => {
    const { pool, token } = next()
    const told = await post(pool, '/v1/tokens/introspect', { token })
    if (told['active'] !== true) throw new Error('the token is not active')
  }
  return {
    name: 'writ (service)',
    version: '',
    kind: 'service',
    traits: {
      singleUse: true,
      cascade: true,
      narrowing: true,
      binding: 'mutual TLS: the certificate of the connection',
      audit: true,
      offline: 'not here: single use asks the store',
    },
    jobs: {
      issue: {
        does: 'POST /v1/tokens over mutual TLS: decided and recorded on disk, one signed token',
        width: AGENTS,
        once: mint,
      },
      introspect: {
        does: 'POST /v1/tokens/introspect over mutual TLS: signature, lineage and revocations',
        width: AGENTS,
        once: introspect,
      },
      spend: {
        does: 'one call through the gateway to an upstream: judged, spent and recorded on disk',
        width: AGENTS,
        prepare: async (count) => {
          tokens = [...(await signTokens(stage, yard.leaf, yard.caller, count))]
        },
        once: async () => {
          const status = await call(gateway, '/api/reports/7', tokens.pop() ?? '')
          if (status !== 200) throw new Error(`the gateway answered ${status}`)
        },
      },
    },
    note: 'The only one here that is asked over mutual TLS.',
    async end() {
      await yard.end()
    },
  }
}

/** An agent with its own certificate, one connection, a lease and a token. */
async function join(yard: Yard, origin: string, name: string): Promise<Member> {
  const { stage, scope } = yard
  const { caller, tls } = await enroll(stage, name, scope)
  const leaf = await insertChain(stage, caller.uri, scope, 1)
  const [token = ''] = await signTokens(stage, leaf, caller, 1)
  const pool = new Pool(origin, { connections: 1, connect: { ...tls, ca: stage.world.ca.rootPem } })
  return { uri: caller.uri, lease: leaf.id, token, pool }
}

async function post(pool: Pool, path: string, body: object): Promise<Record<string, unknown>> {
  const headers = { 'content-type': 'application/json' }
  const text = JSON.stringify(body)
  const answer = await pool.request({ method: 'POST', path, headers, body: text })
  const said = await answer.body.text()
  if (answer.statusCode >= 300) throw new Error(`${path}: ${answer.statusCode} ${said}`)
  return JSON.parse(said) as Record<string, unknown>
}
