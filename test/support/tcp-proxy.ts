import { connect, createServer, type Server, type Socket } from 'node:net'
import { freePort } from './free-ports.ts'
import { afterTest } from './store.ts'

/**
 * What happens to the next query that contains the armed text. `cut`: it never arrives and both
 * ends are gone. `lose`: it arrives, its answer does not. `hold`: the client is cut off at once,
 * and the query arrives when it is let go. `freeze`: nothing arrives, nobody is told.
 */
export type Mishap = 'cut' | 'lose' | 'hold' | 'freeze'

/** A network between a client and a server that can be made to fail at a chosen moment. */
export interface TcpProxy {
  readonly port: number
  /** Everything clients have sent, as bytes in text. */
  readonly sent: () => string
  arm(text: string, mishap: Mishap): void
  /** Whether the armed mishap has happened. */
  readonly happened: () => boolean
  /** Sends on what was held. */
  letGo(): void
  /** Cuts everything and refuses connections. */
  away(): Promise<void>
  /** Takes connections again, at the same address. */
  back(): Promise<void>
}

/** Starts a proxy before a server on this machine; it ends after the test. */
export async function startProxy(target: number): Promise<TcpProxy> {
  const pairs = new Set<readonly [Socket, Socket]>()
  const chunks: Buffer[] = []
  let armed: { readonly text: string; readonly mishap: Mishap } | undefined
  let held: (() => void) | undefined
  let happened = false

  const relay = (client: Socket, upstream: Socket, data: Buffer) => {
    chunks.push(data)
    if (armed === undefined || !data.includes(armed.text)) {
      upstream.write(data)
      return
    }
    const { mishap } = armed
    armed = undefined
    happened = true
    if (mishap === 'freeze') client.removeAllListeners('data')
    if (mishap === 'cut' || mishap === 'hold') client.destroy()
    if (mishap === 'cut') upstream.destroy()
    if (mishap === 'hold') held = () => upstream.write(data)
    if (mishap === 'lose') {
      upstream.removeAllListeners('data')
      upstream.once('data', () => client.destroy())
      upstream.write(data)
    }
  }
  const join = (client: Socket) => {
    const upstream = connect(target, '127.0.0.1')
    const pair = [client, upstream] as const
    pairs.add(pair)
    client.on('data', (data: Buffer) => relay(client, upstream, data))
    upstream.on('data', (data) => client.write(data))
    for (const socket of pair) socket.on('error', () => {})
    client.on('close', () => held === undefined && upstream.end())
    upstream.on('close', () => {
      client.end()
      pairs.delete(pair)
    })
  }
  const port = await freePort()
  let server = await listen(join, port)
  const away = async () => {
    server.close()
    for (const pair of pairs) for (const socket of pair) socket.destroy()
  }
  afterTest(away)
  return {
    port,
    sent: () => Buffer.concat(chunks).toString('latin1'),
    arm: (text, mishap) => {
      armed = { text, mishap }
      happened = false
    },
    happened: () => happened,
    letGo: () => held?.(),
    away,
    back: async () => {
      server = await listen(join, port)
    },
  }
}

function listen(join: (client: Socket) => void, port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer(join)
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => resolve(server))
  })
}
