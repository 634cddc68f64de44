import { once } from 'node:events'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import {
  WEBSOCKET_CLOSE_MS,
  WEBSOCKET_IDLE_MS,
  WEBSOCKET_MESSAGE_BYTES_MAX,
} from '../../src/domain/limits.ts'
import { type RefusalCode, refuse } from '../../src/domain/refusal.ts'
import { accept, type Result } from '../../src/domain/result.ts'
import type { GatewaySetup } from '../../src/gateway/gateway.ts'
import { Secret } from '../../src/vault/envelope.ts'
import {
  admittedAs,
  grantFor,
  LEASE_SUBJECT,
  refusing,
  routeToml,
  startGateway,
  startUpstream,
  type TestGateway,
} from '../support/gateway.ts'
import { tell } from '../support/gateway-client.ts'

const KEY = 'sk_live_canary_socket_0001'

let upstream: Awaited<ReturnType<typeof startUpstream>>
let sockets: WebSocketServer
let gateway: TestGateway
let spends: number
let left: number
let opened: { headers: Record<string, unknown>; url: string | undefined; socket: WebSocket }[]

const start = async (changes: Partial<GatewaySetup> = {}, more = '') => {
  gateway = await startGateway(upstream.origin, {
    routesToml:
      routeToml('up', upstream.origin, `websocket = true\n${more}`) +
      routeToml('plain', upstream.origin),
    spendMessage: async (): Promise<Result<void>> => {
      spends += 1
      return spends > left ? refuse('uses_exhausted') : accept(undefined)
    },
    ...changes,
  })
}
const dial = (path = '/up/chat?a=b', protocols: string[] = [], headers: object = {}) => {
  const { cert, key } = gateway.worker
  const ask = { host: 'gateway.test', authorization: 'Bearer token', ...headers }
  const socket = new WebSocket(`wss://127.0.0.1:${gateway.port}${path}`, protocols, {
    ca: gateway.rootPem,
    cert,
    key,
    headers: ask as never,
    finishRequest: (request) => {
      request.path = path
      request.end()
    },
  })
  return socket.on('error', () => undefined)
}
/** How the gateway refuses a handshake. */
const refusalOf = async (socket: WebSocket) => {
  const [, response] = await once(socket, 'unexpected-response')
  return [response.statusCode, response.headers['writ-refusal']]
}
const openAt = async (...args: Parameters<typeof dial>) => {
  const socket = dial(...args)
  await once(socket, 'open')
  return socket
}
const said = async (socket: WebSocket) => {
  const [data, isBinary] = await once(socket, 'message')
  return isBinary ? data : data.toString()
}
const ended = async (socket: WebSocket) => {
  const [code, reason] = await once(socket, 'close')
  return [code, reason.toString()]
}

beforeEach(async () => {
  spends = 0
  left = 1_000
  opened = []
  upstream = await startUpstream((_request, response) => response.end('hello'))
  sockets = new WebSocketServer({ server: upstream.server })
  sockets.on('connection', (socket, { headers, url }) => {
    opened.push({ headers, url, socket })
    socket.on('message', (data, binary) => socket.send(data, { binary }))
  })
  await start()
})
afterEach(async () => {
  for (const { socket } of opened) socket.terminate()
  await gateway.gateway.close({ graceMs: 0 })
  sockets.close()
  upstream.close()
})

describe('CDPX-37: a WebSocket is admitted as a call, and each message of the agent is a use', () => {
  it('carries text and bytes both ways, without token, extension or change of the path', async () => {
    const socket = await openAt('/up/chat?a=%62')
    socket.send('hello')
    expect(await said(socket)).toBe('hello')
    socket.send(Buffer.from([0, 255]))
    expect(await said(socket)).toEqual(Buffer.from([0, 255]))
    const { headers = {}, url } = opened[0] ?? {}
    expect(url).toBe('/chat?a=%62')
    expect(headers['authorization']).toBeUndefined()
    expect(headers['sec-websocket-extensions']).toBeUndefined()
    expect([spends, socket.extensions]).toEqual([2, ''])
    expect(gateway.presentations).toHaveLength(1)
    socket.close(4001)
    await once(opened[0]?.socket as WebSocket, 'close')
  })

  it('closes with the word when no use is left, and the message goes nowhere', async () => {
    left = 1
    const socket = await openAt()
    const [{ socket: far } = { socket }] = opened
    const got: string[] = []
    far.on('message', (data) => got.push(data.toString()))
    socket.send('one')
    socket.send('two')
    expect(await ended(socket)).toEqual([1008, 'uses_exhausted'])
    expect(got).toEqual(['one'])
  })

  it('the subprotocol that the upstream chose passes', async () => {
    const socket = await openAt('/up/chat', ['soap', 'wamp'])
    expect(socket.protocol).toBe('soap')
  })

  it.each(['revoked', 'suspended'] as const)('I9: %s cuts both ends at once', async (effect) => {
    const socket = await openAt()
    const far = ended(opened[0]?.socket as WebSocket)
    gateway.revoke(LEASE_SUBJECT, effect)
    socket.send('after')
    expect(await ended(socket)).toEqual([1008, effect])
    await far
    expect(spends).toBe(0)
    await expect.poll(() => gateway.gateway.inFlight).toBe(0)
  })

  it('ends with its lease, and with the gateway', async () => {
    const socket = await openAt()
    gateway.now = gateway.leaseEndsAt
    expect(await ended(socket)).toEqual([1008, 'expired'])
  })

  it('ends when nothing is said for long, and when a message is too large', async () => {
    const socket = await openAt()
    socket.send(Buffer.alloc(WEBSOCKET_MESSAGE_BYTES_MAX + 1))
    expect((await ended(socket))[0]).toBe(1009)
    expect(spends).toBe(0)
    await gateway.gateway.close({ graceMs: 0 })
    await start({ webSocketIdleMs: 100 })
    expect(await ended(await openAt())).toEqual([1008, 'expired'])
    expect(WEBSOCKET_IDLE_MS).toBeGreaterThan(WEBSOCKET_CLOSE_MS)
  })

  it('keeps the order of many messages, and spends each', async () => {
    const socket = await openAt()
    const got: string[] = []
    socket.on('message', (data) => got.push(data.toString()))
    const words = Array.from({ length: 300 }, (_, index) => `${index}`)
    for (const word of words) socket.send(word)
    await expect.poll(() => got.length, { timeout: 5_000 }).toBe(300)
    expect([got, spends]).toEqual([words, 300])
  })

  it('a secret that was put in is kept out of messages', async () => {
    await gateway.gateway.close({ graceMs: 0 })
    await start(
      {
        openCredential: async () => {
          const value = Secret.of(KEY)
          const credential = { placement: { in: 'bearer' } as const }
          const fields = { value }
          return accept({ credential, version: 1, fields, drop: () => value.drop() })
        },
      },
      'credential = "key"',
    )
    gateway.admit = async (presentation) => {
      const admitted = admittedAs(presentation, gateway.scope, gateway.leaseEndsAt)
      const chosen = await presentation.choose?.(admitted.claims)
      return chosen?.ok === false ? chosen : accept(admitted)
    }
    const socket = await openAt()
    expect(opened[0]?.headers['authorization']).toBe(`Bearer ${KEY}`)
    for (const data of [`x${KEY}y`, Buffer.from(`x${KEY}y`)]) {
      socket.send(data)
      expect(String(await said(socket))).toBe(`x${'*'.repeat(KEY.length)}y`)
    }
  })
})

describe('what is no WebSocket', () => {
  it.each([
    ['a route that is not for them', '/plain/a', {}, 400],
    ['with an Origin', '/up/a', { origin: 'https://page.test' }, 400],
    ['a route that is not there', '/nowhere/a', {}, 404],
    ['without a token', '/up/a', { authorization: '' }, 400],
  ] as const)('%s is refused before anything is spent', async (_what, path, headers, status) => {
    expect((await refusalOf(dial(path, [], headers)))[0]).toBe(status)
    expect([gateway.presentations.length, opened.length]).toEqual([0, 0])
  })

  it.each<RefusalCode>(['revoked', 'scope_not_granted', 'token_used'])(
    'what admission refuses is told as ever: %s',
    async (code) => {
      gateway.admit = refusing(code)
      expect((await refusalOf(dial()))[1]).toBe(code)
      expect(opened).toHaveLength(0)
    },
  )

  it('an upstream that does not answer, or not so, is unreachable; its address may be private', async () => {
    gateway.scope = {
      ...gateway.scope,
      grants: [grantFor(upstream.origin, { private_net: false })],
    }
    expect((await refusalOf(dial()))[1]).toBe('upstream_refused')
    gateway.scope = { ...gateway.scope, grants: [grantFor(upstream.origin)] }
    sockets.close()
    upstream.server.removeAllListeners('upgrade')
    expect((await refusalOf(dial()))[1]).toBe('upstream_unreachable')
    await expect.poll(() => gateway.gateway.inFlight).toBe(0)
  })

  it('other calls of the route go on as they were', async () => {
    expect((await tell(gateway, { path: '/up/a' })).body.toString()).toBe('hello')
  })
})
