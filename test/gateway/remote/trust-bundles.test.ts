import { once } from 'node:events'
import { rmSync, writeFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { get } from 'node:https'
import { join } from 'node:path'
import { afterEach, expect, test, vi } from 'vitest'
import { serveRemoteGateway } from '../../../src/compose/gateway.ts'
import { TRUST_LOOK_MS } from '../../../src/compose/peers.ts'
import { createAgentRequest } from '../../../src/pki/csr.ts'
import { readConfig } from '../../../src/settings/config.ts'
import {
  agentUri,
  type Credential,
  freshFolder,
  handAuthority,
  STARTED,
  testAuthority,
} from '../../support/pki.ts'

afterEach(() => {
  vi.restoreAllMocks()
})

/** The settings of a gateway whose authority is away, with a folder of trust bundles. */
async function settings() {
  const folder = freshFolder()
  const ca = await testAuthority()
  const uri = agentUri('edge', 'gateway')
  const { csrPem, privateKeyPem } = await createAgentRequest(uri)
  const order = { csrPem, uri, serverNames: ['127.0.0.1'], now: STARTED }
  const issued = await ca.issueAgent(order)
  if (!issued.ok) throw new Error(issued.refusal.code)
  const file = (name: string, text: string) => {
    writeFileSync(join(folder, name), text, { mode: 0o600 })
    return join(folder, name)
  }
  const bundles = freshFolder()
  const flags = {
    issuer: 'https://authority.example',
    authority: 'https://127.0.0.1:1',
    'gateway.authority_ca': file('ca.crt', ca.rootPem),
    'gateway.certificate': file('agent.crt', issued.value.pem),
    'gateway.private_key': file('agent.key', privateKeyPem),
    'listeners.gateway': '127.0.0.1:0',
    'listeners.admin': '127.0.0.1:0',
    'log.level': 'silent',
    trust_bundles_dir: bundles,
  }
  return { flags, rootPem: ca.rootPem, bundles }
}

/** Whether a new connection with this certificate is answered. */
async function isAnswered(url: string, ca: string, credential: Credential): Promise<boolean> {
  try {
    const sent = get(new URL('/up/x', url), { agent: false, ca, ...credential })
    const [answer] = (await once(sent, 'response')) as [IncomingMessage]
    answer.resume()
    return true
  } catch {
    return false
  }
}

test('a gateway without a store takes whom its trust bundles name within a minute of their change', async () => {
  const partner = await handAuthority('CN=partner')
  const { flags, rootPem, bundles } = await settings()
  const read = readConfig({ flags })
  if (!read.ok) throw new Error(read.problem)
  const timers = vi.spyOn(globalThis, 'setInterval')
  const gateway = await serveRemoteGateway(read.config)
  const round = () => {
    const due = timers.mock.calls.filter(([, ms]) => ms === TRUST_LOOK_MS)
    for (const [work] of due) work()
  }
  try {
    const url = gateway.gateway ?? ''
    const name = { type: 'url', value: 'spiffe://partner.example/ns/x' } as const
    const agent = await partner.issue({ names: [name] })
    const file = join(bundles, 'partner.example.pem')
    expect(await isAnswered(url, rootPem, agent)).toBe(false)
    writeFileSync(file, partner.pem)
    round()
    expect(await isAnswered(url, rootPem, agent)).toBe(true)
    rmSync(file)
    round()
    expect(await isAnswered(url, rootPem, agent)).toBe(false)
  } finally {
    await gateway.close()
  }
})
