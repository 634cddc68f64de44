import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createAgent, enroll, type WritAgent, WritError } from '../../src/client/index.ts'
import type { Ran } from '../support/cli-process.ts'
import { type CliServer, startCliServer } from '../support/cli-server.ts'

const UP = 'https://gateway.test/up'
let server: CliServer
let planner: WritAgent
let worker: WritAgent
let contract = ''
const agents: WritAgent[] = []

beforeAll(async () => {
  server = await startCliServer()
  contract = join(server.folder, 'contract.json')
  writeFileSync(contract, JSON.stringify(scopeOf(['/**'])))
  planner = await added('planner')
  worker = await added('worker')
}, 60_000)
afterAll(async () => {
  await Promise.all(agents.map((agent) => agent.close()))
  await server.close()
})

function scopeOf(paths: readonly string[]) {
  return {
    type: 'urn:writ:scope:v1' as const,
    grants: [
      {
        type: 'http' as const,
        schemes: ['http'],
        hosts: ['127.0.0.1'],
        ports: [server.upstreamPort],
        methods: ['GET', 'POST'],
        paths,
        private_net: true,
      },
    ],
    audiences: [UP],
    limits: { ttl_seconds: 600, max_uses: 'unlimited' as const, max_depth: 2, max_children: 5 },
    delegation: { allowed: true, delegates: ['spiffe://writ.local/agent/**'] },
  }
}

/** The output of a command that has to have gone well. */
function done(ran: Ran): Ran {
  if (ran.exit !== 0) throw new Error(ran.stderr)
  return ran
}

async function added(name: string): Promise<WritAgent> {
  const folder = join(server.folder, name)
  done(await server.owner(['agent', 'add', name, '--contract', contract, '--out', folder]))
  const read = (file: string) => readFileSync(join(folder, file), 'utf8')
  const identity = { cert: read('agent.crt'), key: read('agent.key'), ca: read('ca.crt') }
  return kept(createAgent({ authority: server.addresses.agents, identity }))
}

function kept(agent: WritAgent): WritAgent {
  agents.push(agent)
  return agent
}

describe('an agent with writ/client', () => {
  it('opens, delegates, redeems, calls and revokes', async () => {
    const root = await planner.open({ scope: scopeOf(['/**']), ttlSeconds: 300 })
    const to = 'spiffe://writ.local/agent/worker'
    const { type, grants } = scopeOf(['/a/**'])
    const narrow = { type, grants }
    const given = await planner.delegate({ lease: root.id, to, scope: narrow })
    const child = await worker.redeem(given.token)
    expect(child).toMatchObject({ holder: to, depth: 1, state: 'live' })
    const order = { lease: child.id, audience: UP, method: 'POST' }
    const url = `${server.addresses.gateway}/up/a/x`
    const answer = await worker.call({ ...order, url, body: 'hello' })
    expect(answer.receipt?.split('.')).toHaveLength(3)
    expect(Buffer.concat(await answer.body.toArray()).toString()).toBe('POST /a/x hello')
    const wide = worker.call({ ...order, url: `${server.addresses.gateway}/up/b/x` })
    await expect(wide).rejects.toMatchObject({ code: 'scope_not_granted', status: 403 })
    await planner.revoke(root.id, 'done')
    await planner.revoke(root.id, 'done')
    expect(await planner.lease(root.id)).toMatchObject({ state: 'revoked' })
    await expect(worker.call({ ...order, url })).rejects.toMatchObject({ code: 'revoked' })
  }, 30_000)

  it('tells a refusal with its code, its reasons and the request id', async () => {
    const scope = { ...scopeOf(['/**']), audiences: ['https://elsewhere.example'] }
    const error = await planner.open({ scope }).catch((cause: unknown) => cause)
    expect(error).toBeInstanceOf(WritError)
    expect(error).toMatchObject({ code: 'not_narrower', status: 403 })
    expect((error as WritError).requestId).toMatch(/^req_/)
    expect((error as WritError).reasons.length).toBeGreaterThan(0)
    const root = await planner.open({ scope: scopeOf(['/**']), ttlSeconds: 100 })
    expect(await planner.renew(root.id, 300)).toMatchObject({ renewals: 1 })
    expect(await planner.release(root.id)).toMatchObject({ state: 'released' })
  })

  it('I12: nothing it hands out or throws prints a secret', async () => {
    const root = await planner.open({ scope: scopeOf(['/**']) })
    const token = await planner.mint({ lease: root.id, audience: UP })
    const plain = token.token.use((text) => text)
    const identity = { cert: 'c', key: 'PRIVATE', ca: 'a' }
    const other = createAgent({ authority: 'http://127.0.0.1:9', identity })
    const error = await other.open({ scope: scopeOf(['/**']) }, { timeoutMs: 500 }).catch(String)
    for (const shown of [token, planner, other, error]) {
      const text = inspect(shown, { depth: 12, showHidden: true }) + JSON.stringify(shown)
      expect(text).not.toContain(plain.slice(0, 40))
      expect(text).not.toContain('PRIVATE')
    }
    expect(`${token.token}`).toBe('[secret]')
    await other.close()
  }, 30_000)

  it('renews its certificate over the present one, and goes on with the new key', async () => {
    const folder = join(server.folder, 'renewing')
    done(await server.owner(['agent', 'add', 'renewing', '--contract', contract, '--out', folder]))
    const read = (file: string) => readFileSync(join(folder, file), 'utf8')
    const identity = { cert: read('agent.crt'), key: read('agent.key'), ca: read('ca.crt') }
    const told: unknown[] = []
    const renewed = (next: unknown): void => {
      told.push(next)
    }
    const agent = kept(createAgent({ authority: server.addresses.agents, identity, renewed }))
    const root = await agent.open({ scope: scopeOf(['/**']) })
    const next = await agent.renewCertificate()
    expect(told).toEqual([next])
    expect(next.cert).not.toBe(identity.cert)
    expect(inspect(next)).not.toContain('PRIVATE KEY')
    const url = `${server.addresses.gateway}/up/x`
    const call = await agent.call({ lease: root.id, audience: UP, method: 'GET', url })
    expect(call.status).toBe(200)
    call.body.destroy()
  }, 30_000)

  it('enrolls by an invitation once the owner lets it in', async () => {
    const invited = await server.owner(['enroll', 'new', '--json'])
    const { token } = JSON.parse(done(invited).stdout)
    const joining = enroll({ api: server.addresses.api, token, name: 'guest', agentType: 'test' })
    let id: string | undefined
    while (id === undefined) {
      const { stdout } = done(await server.owner(['enroll', 'pending', '--json']))
      id = JSON.parse(stdout).items.find((one: { name: string }) => one.name === 'guest')?.id
    }
    done(await server.owner(['enroll', 'approve', id, '--contract', contract]))
    const identity = await joining
    const agent = kept(createAgent({ authority: server.addresses.agents, identity }))
    const asked = await agent.open({ scope: scopeOf(['/**']) }).catch((cause: unknown) => cause)
    const requester = 'spiffe://writ.local/agent/guest'
    expect(asked).toMatchObject({ code: 'approval_required', approval: { requester } })
  }, 60_000)
})
