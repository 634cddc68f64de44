import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { createConnection } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { AgentUri } from '../../../src/domain/ids.ts'
import { createLog } from '../../../src/log.ts'
import { type CdpSocket, listenCdpSocket } from '../../../src/rpc/cdp/socket.ts'
import type { Store } from '../../../src/store/ports.ts'
import { ASKED, type CdpSite, freshMembers, openCdpSite } from '../../support/cdp-site.ts'

let cdp: CdpSite
let gate: CdpSocket
let path: string
/** The store answers no read. */
let isAway = false
const faults: string[] = []

/** The real store, which is away once a lease was renewed. */
function storeThatLeaves(store: Store): Store {
  return new Proxy(store, {
    get(target, name: keyof Store) {
      const found = target[name]
      if (typeof found !== 'function') return found
      if (name === 'read' && isAway) return () => Promise.reject(new Error('the store is away'))
      if (name !== 'decide') return found.bind(target)
      return async (work: Parameters<Store['decide']>[0]) => {
        let event = ''
        const decided = await target.decide(async (transaction) => {
          const decision = await work(transaction)
          event = decision.record.event
          return decision
        })
        isAway = event === 'lease.renewed'
        return decided
      }
    },
  })
}

beforeAll(async () => {
  cdp = await openCdpSite()
  const { world } = cdp.site
  if (world.cdp === undefined) throw new Error('there is a gate')
  const folder = join(cdp.site.folder, 'run')
  mkdirSync(folder, { mode: 0o700 })
  path = join(folder, 'away.sock')
  const write = (line: string) => void faults.push(line)
  gate = await listenCdpSocket(path, {
    world: { ...world, store: storeThatLeaves(world.store) },
    gate: world.cdp,
    log: createLog({ level: 'error', destination: { write } }),
    agent: cdp.worker.uri as AgentUri,
  })
})
afterAll(async () => {
  await gate.close()
  await cdp.close()
})

it('CDPX-01: a store that is away just when a lease is to be followed costs a word, no process', async () => {
  const socket = createConnection(path)
  await once(socket, 'connect')
  const lines = createInterface({ input: socket })[Symbol.asyncIterator]()
  const ask = async (method: string, params: object) => {
    const said = { ...freshMembers(cdp.site), ...params }
    socket.write(`${JSON.stringify({ jsonrpc: '2.0', id: 1, method, params: said })}\n`)
    return JSON.parse((await lines.next()).value ?? 'null')
  }
  const { session_token } = (await ask('cdp.register', { agent_id: 'x', agent_version: '1' }))
    .result
  const opened = await ask('cdp.lease.request', {
    session_token,
    credential_ref: 'github',
    scope: ASKED,
  })
  const { lease_id } = opened.result
  const renewed = await ask('cdp.lease.renew', { session_token, lease_id, extend_seconds: 60 })
  isAway = false
  expect(renewed.result, JSON.stringify(renewed)).toMatchObject({ lease_id })
  await expect.poll(() => faults.join(), { timeout: 10_000 }).toContain('the store is away')
  const standing = await ask('cdp.lease.status', { session_token, lease_id })
  expect(standing.result).toMatchObject({ lease_id })
  socket.destroy()
})
