import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

/** Where a connection is cut: the commit never arrives, or its answer never comes back. */
export type CutAt = 'before_commit' | 'after_commit'

/** The stable address of a database that moves, with a network that can be broken. */
export interface DatabaseProxy {
  readonly port: number
  /** From now on new connections go there; those that are open are cut. */
  pointAt(port: number): void
  /** Cuts the next connection that commits what it wrote; waits for it, at most `patienceMs`. */
  cut(at: CutAt, patienceMs: number): Promise<boolean>
  /** Nothing passes in either direction for so long; nobody is told. */
  blackhole(milliseconds: number): Promise<void>
  close(): void
}

/** How the driver spells what matters here, as bytes on the wire. */
const BEGIN = /begin isolation level (?:read committed|serializable)/
const COMMIT = 'commit\0'

interface Pair {
  readonly client: Socket
  readonly server: Socket
  writing: boolean
  /** The commit was forwarded, and its answer is not to come back. */
  mute: boolean
}

/** Starts one before the server at `port`. */
export async function startDatabaseProxy(port: number): Promise<DatabaseProxy> {
  const pairs = new Set<Pair>()
  let target = port
  let armed: { readonly at: CutAt; readonly struck: () => void } | undefined
  let isBlack = false

  const cutPair = (pair: Pair) => {
    pair.client.destroy()
    pair.server.destroy()
  }
  /** Looks at a query only while a cut is due; answers whether it may pass. */
  const passes = (pair: Pair, chunk: Buffer): boolean => {
    if (armed === undefined) return true
    if (BEGIN.test(chunk.toString('latin1'))) pair.writing = true
    if (!pair.writing || !chunk.includes(COMMIT)) return true
    const { at, struck } = armed
    armed = undefined
    struck()
    if (at === 'before_commit') cutPair(pair)
    else pair.mute = true
    return at === 'after_commit'
  }
  const listener = createServer({ noDelay: true }, (client) => {
    const server = connect({ host: '127.0.0.1', port: target, noDelay: true })
    const pair: Pair = { client, server, writing: false, mute: false }
    pairs.add(pair)
    for (const socket of [client, server]) {
      socket.on('error', () => cutPair(pair))
      socket.on('close', () => {
        cutPair(pair)
        pairs.delete(pair)
      })
      if (isBlack) socket.pause()
    }
    client.on('data', (chunk) => {
      if (passes(pair, chunk)) server.write(chunk)
    })
    server.on('data', (chunk) => {
      if (pair.mute) cutPair(pair)
      else client.write(chunk)
    })
  })
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  return {
    port: (listener.address() as AddressInfo).port,
    pointAt(next) {
      target = next
      for (const pair of pairs) cutPair(pair)
    },
    cut: (at, patienceMs) =>
      new Promise((resolve) => {
        for (const pair of pairs) pair.writing = false
        const timer = setTimeout(() => {
          armed = undefined
          resolve(false)
        }, patienceMs)
        const struck = () => {
          clearTimeout(timer)
          resolve(true)
        }
        armed = { at, struck }
      }),
    async blackhole(milliseconds) {
      isBlack = true
      for (const { client, server } of pairs) for (const one of [client, server]) one.pause()
      await delay(milliseconds)
      isBlack = false
      for (const { client, server } of pairs) for (const one of [client, server]) one.resume()
    },
    close() {
      listener.close()
      for (const pair of pairs) cutPair(pair)
    },
  }
}
