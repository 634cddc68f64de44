import { once } from 'node:events'
import { afterEach, describe, expect, it } from 'vitest'
import { freePort } from '../support/free-ports.ts'
import { startGateway, startUpstream, type TestGateway } from '../support/gateway.ts'
import { open, rawConnection, tell } from '../support/gateway-client.ts'

let gateway: TestGateway
afterEach(() => gateway.gateway.close({ graceMs: 0 }))

/** Sends two of a hundred promised bytes, waits for an answer or a moment, and breaks off. */
async function breakOff(): Promise<void> {
  const socket = await rawConnection(gateway)
  const head = ['POST /up/a HTTP/1.1', 'Host: gateway.test', 'Authorization: Bearer token']
  socket.write(`${[...head, 'Content-Length: 100'].join('\r\n')}\r\n\r\nab`)
  await Promise.race([once(socket, 'data'), pause(300)])
  socket.destroy()
  await pause(100)
}

const pause = (ms: number) =>
  new Promise<void>((resolve) => {
    setTimeout(resolve, ms)
  })

describe('a body that is broken off ends its call and nothing else', () => {
  it.each([
    ['that refuses connections', async () => `http://127.0.0.1:${await freePort()}`],
    ['whose name does not resolve', async () => 'http://nowhere.invalid'],
  ])('before an upstream %s', async (_what, origin) => {
    gateway = await startGateway(await origin())
    const faults: unknown[] = []
    const hear = (fault: unknown) => faults.push(fault)
    process.on('uncaughtException', hear)
    try {
      await breakOff()
      expect(faults).toEqual([])
      expect((await tell(gateway, { path: '/up/a' })).status).toBe(502)
    } finally {
      process.off('uncaughtException', hear)
    }
  })
})

describe('one agent and the places of a gateway', () => {
  it('takes as many as it may have, is told so with its token unspent, and gets them back', async () => {
    const held: (() => void)[] = []
    const upstream = await startUpstream((_request, response) => {
      held.push(() => response.end('done'))
    })
    gateway = await startGateway(upstream.origin, { callsPerPeerMax: 2 })
    const first = open(gateway, { path: '/up/a' }).end()
    const second = open(gateway, { path: '/up/b' }).end()
    while (held.length < 2) await pause(5)
    const before = gateway.presentations.length
    const third = await tell(gateway, { path: '/up/c' })
    expect([third.status, third.headers['writ-refusal']]).toEqual([503, 'overloaded'])
    expect(gateway.presentations).toHaveLength(before)

    for (const release of held.splice(0)) release()
    await Promise.all([once(first, 'close'), once(second, 'close')])
    const again = tell(gateway, { path: '/up/d' })
    while (held.length < 1) await pause(5)
    held[0]?.()
    expect((await again).status).toBe(200)
    upstream.close()
  })
})
