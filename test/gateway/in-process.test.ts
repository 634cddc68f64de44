import { createServer } from 'node:http'
import type { Duplex } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { ACTION_TIMEOUT_MS } from '../../src/domain/limits.ts'
import { createInProcess } from '../../src/gateway/in-process.ts'
import type { GatewayPeer } from '../../src/gateway/run-call.ts'
import { systemIds } from '../../src/system.ts'

const CALL = {
  peer: {} as GatewayPeer,
  address: undefined,
  host: 'gateway.example',
  requestId: systemIds.request(),
  token: 'x',
  target: '/up/a',
  headers: {},
  body: undefined,
}

/** A server that answers nothing as a gateway would: it says a line, and leaves. */
function sendTo(says: (socket: Duplex) => void, timeoutMs = 20_000) {
  const server = createServer((request) => says(request.socket))
  server.on('connect', (_request, socket) => says(socket))
  const inProcess = createInProcess(server, { timeoutMs })
  return (method: string) => inProcess.send({ ...CALL, method })
}

describe('a call without a network always comes to an end', () => {
  it.each([
    ['CONNECT', 'HTTP/1.1 405 Method Not Allowed\r\nConnection: close\r\n\r\n'],
    ['CONNECT', 'HTTP/1.1 200 OK\r\n\r\n'],
    ['GET', 'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n'],
    ['GET', ''],
  ])('%s that is answered %j is broken', async (method, answer) => {
    expect(await sendTo((socket) => socket.end(answer))(method)).toEqual({ kind: 'broken' })
  })

  it('is late where nothing is said, whatever the method', async () => {
    const send = sendTo(() => undefined, 50)
    expect([await send('GET'), await send('CONNECT')]).toEqual([{ kind: 'late' }, { kind: 'late' }])
  })

  it('is over before the agent gives up', () => {
    expect(ACTION_TIMEOUT_MS).toBeLessThan(60_000)
  })
})
