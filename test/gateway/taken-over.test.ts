import { once } from 'node:events'
import { connect } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { WebSocketServer } from 'ws'
import { accept } from '../../src/domain/result.ts'
import { later } from '../../src/domain/time.ts'
import { routeToml, startGateway, startUpstream, type TestGateway } from '../support/gateway.ts'
import { rawConnection, tell } from '../support/gateway-client.ts'
import { STARTED } from '../support/pki.ts'

/** Messages that make Node hand over the bare connection, behind calls that are not answered. */

let upstream: Awaited<ReturnType<typeof startUpstream>>
let sockets: WebSocketServer
let gateway: TestGateway
let broken: number

const HEAD = 'Host: gateway.test\r\nAuthorization: Bearer token\r\n'
const ofKind = (kind: string) => `Connection: Upgrade\r\nUpgrade: ${kind}\r\n`
const KEY = 'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n'
const get = (path: string, more = '') => `GET ${path} HTTP/1.1\r\n${HEAD}${more}\r\n`
const UPGRADE = get('/up/chat', `${KEY}${ofKind('websocket')}`)
const CONNECT = `CONNECT gateway.test:443 HTTP/1.1\r\n${HEAD}\r\n`

beforeEach(async () => {
  broken = 0
  upstream = await startUpstream((request, response) => {
    response.once('close', () => {
      if (!response.writableFinished) broken += 1
    })
    if (request.url === '/slow') response.write('first')
    else response.end('hello')
  })
  sockets = new WebSocketServer({ server: upstream.server })
  gateway = await startGateway(upstream.origin, {
    routesToml: routeToml('up', upstream.origin, 'websocket = true\n'),
    spendMessage: async () => accept(undefined),
  })
})
afterEach(async () => {
  await gateway.gateway.close({ graceMs: 0 })
  sockets.close()
  upstream.close()
})

/** A plain connection over which one call was answered. */
async function answered() {
  const socket = connect(gateway.port, '127.0.0.1').on('error', () => undefined)
  socket.write(get('/up/a'))
  const [told] = await once(socket, 'data')
  expect(String(told)).toMatch(/^HTTP\/1\.1 200 /)
  return socket
}

/** Nothing of what was asked before is left, and others are served. */
async function goesOn() {
  await expect.poll(() => gateway.gateway.inFlight, { timeout: 10_000 }).toBe(0)
  expect((await tell(gateway, { path: '/up/a' })).body.toString()).toBe('hello')
}

describe('behind a call that is not answered yet', () => {
  it.each([
    ['a WebSocket', UPGRADE],
    ['another protocol', get('/up/chat', ofKind('h2c'))],
    ['a tunnel', CONNECT],
  ])('%s ends the connection and that call, and nothing else', async (_what, second) => {
    const socket = await rawConnection(gateway)
    let told = ''
    socket.on('data', (chunk) => {
      if (told === '') socket.write(second)
      told += chunk.toString('latin1')
    })
    socket.write(get('/up/slow'))
    await once(socket, 'close')
    expect(told).toMatch(/first\r\n$/)
    expect(gateway.presentations).toHaveLength(1)
    await expect.poll(() => broken, { timeout: 10_000 }).toBe(1)
    await goesOn()
  })

  it('a WebSocket in the same bytes has no place for an answer, and spends nothing', async () => {
    const socket = await rawConnection(gateway)
    socket.resume()
    socket.write(get('/up/slow') + UPGRADE + UPGRADE)
    await once(socket, 'close')
    expect(gateway.presentations.length).toBeLessThan(2)
    await goesOn()
  })

  it('a tunnel that nobody waits for is no fault of the whole process', async () => {
    await gateway.gateway.close({ graceMs: 0 })
    gateway = await startGateway(upstream.origin, {
      tls: 'plain',
      identify: () => accept({ notAfter: later(STARTED, 60) }),
    })
    const socket = await answered()
    // In one turn: the gateway reads both at once, and what it answers meets a closed door.
    socket.write(CONNECT)
    socket.resetAndDestroy()
    for (const other of [await answered(), await answered()]) other.destroy()
  })
})

it('a WebSocket behind a call that was answered is one', async () => {
  const socket = await rawConnection(gateway)
  let told = ''
  socket.on('data', (chunk) => {
    told += chunk.toString('latin1')
  })
  socket.write(get('/up/a'))
  await expect.poll(() => told, { timeout: 10_000 }).toMatch(/hello$/)
  socket.write(UPGRADE)
  await expect.poll(() => told, { timeout: 10_000 }).toMatch(/HTTP\/1\.1 101 Switching/)
  socket.destroy()
  await goesOn()
})
