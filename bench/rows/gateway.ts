import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Pool } from 'undici'
import type { AgentUri } from '../../src/domain/ids.ts'
import { createAgentRequest } from '../../src/pki/csr.ts'
import { atLeast, median, type Row, rate } from '../row.ts'
import { benchScope, insertAgent, insertChain, openStage, RESOURCE, signTokens } from '../stage.ts'

const CONNECTIONS = 64

/**
 * Calls through the mTLS gateway against a bare mTLS reverse proxy on the same libraries,
 * each in its own process, before the same upstream, from the same client, in turns.
 */
export async function benchGateway(quick: boolean): Promise<readonly Row[]> {
  const children: ChildProcess[] = []
  const stage = await openStage({ 'listeners.gateway': '127.0.0.1:0' })
  const start = async (name: string, setup?: object): Promise<Record<string, unknown>> => {
    const path = fileURLToPath(new URL(`../processes/${name}.ts`, import.meta.url))
    const child = fork(path, { execArgv: ['--import', 'tsx'] })
    children.push(child)
    if (setup !== undefined) child.send(setup)
    const [told] = (await once(child, 'message')) as [Record<string, unknown>]
    return told
  }
  try {
    const [rounds, count] = quick ? [3, 2_000] : [7, 8_000]
    const upstream = `http://127.0.0.1:${(await start('upstream'))['port']}`
    const { ca, clock } = stage.world
    const tls = await ca.issueServer({ names: ['localhost', '127.0.0.1'], now: clock.now() })
    const bare = await start('bare-proxy', {
      cert: tls.certificatePem,
      key: tls.privateKeyPem,
      ca: ca.rootPem,
      upstream,
    })
    const routes = join(stage.config.data_dir, 'routes.toml')
    const table = { name: 'api', upstream, resource: RESOURCE }
    writeFileSync(routes, `[[route]]\n${Object.entries(table).map(tomlLine).join('\n')}\n`)
    const gateway = await start('gateway', { ...stage.config, 'gateway.routes': routes })

    const worker = await enroll(stage, Number(new URL(upstream).port))
    const client = { connections: CONNECTIONS, connect: { ...worker.tls, ca: ca.rootPem } }
    const toBare = new Pool(`https://127.0.0.1:${bare['port']}`, client)
    const toGateway = new Pool(String(gateway['url']), client)
    const bares: number[] = []
    const guarded: number[] = []
    for (let round = 0; round <= rounds; round += 1) {
      const tokens = await signTokens(stage, worker.leaf, worker.caller, count)
      const direct = await rate(tokens, CONNECTIONS, (token) => call(toBare, '/reports/7', token))
      const through = await rate(tokens, CONNECTIONS, (token) =>
        call(toGateway, '/api/reports/7', token),
      )
      if (round === 0) continue
      bares.push(direct)
      guarded.push(through)
    }
    await Promise.all([toBare.destroy(), toGateway.destroy()])
    return [
      atLeast(0.6, {
        name: 'call through the mTLS gateway against a bare mTLS reverse proxy',
        value: median(guarded),
        unit: 'calls/s',
        baseline: median(bares),
      }),
    ]
  } finally {
    for (const child of children) child.kill('SIGKILL')
    await stage.end()
  }
}

/** A worker with a certificate of the stage's authority and a lease on the upstream. */
async function enroll(stage: Awaited<ReturnType<typeof openStage>>, port: number) {
  const uri = 'spiffe://writ.local/agent/worker' as AgentUri
  const { csrPem, privateKeyPem } = await createAgentRequest(uri)
  const now = stage.world.clock.now()
  const issued = await stage.world.ca.issueAgent({ csrPem, uri, now })
  if (!issued.ok) throw new Error(`refused: ${issued.refusal.code}`)
  const scope = benchScope({ host: '127.0.0.1', port })
  const caller = await insertAgent(stage, 'worker', scope, issued.value.thumbprint)
  const leaf = await insertChain(stage, caller.uri, scope, 1)
  return { caller, leaf, tls: { cert: issued.value.pem, key: privateKeyPem } }
}

async function call(pool: Pool, path: string, token: string): Promise<void> {
  const answer = await pool.request({
    method: 'GET',
    path,
    headers: { authorization: `Bearer ${token}` },
  })
  const text = await answer.body.text()
  if (answer.statusCode !== 200) throw new Error(`${answer.statusCode}: ${text}`)
}

function tomlLine([key, value]: readonly [string, string]): string {
  return `${key} = ${JSON.stringify(value)}`
}
