import { once } from 'node:events'
import { chmodSync, lstatSync, unlinkSync } from 'node:fs'
import { createConnection, createServer, type Socket } from 'node:net'
import { CALLER_REQUESTS_PER_MINUTE, CDP_CONNECTIONS_MAX } from '../../domain/limits.ts'
import { createRateLimit } from '../../listener/rate-limit.ts'
import { type SocketParts, serveConnection } from './connection.ts'
import { createCdpFace } from './methods.ts'

/** A socket that takes connections. */
export interface CdpSocket {
  /** Takes no more, ends those there are, and removes the file. */
  close(): Promise<void>
}

/**
 * Opens the local socket of CDP (CDP-29), for this user alone: its folder has to be closed to
 * others, the file is 0600. A file that a dead process left is replaced. Throws when another
 * process serves there, or something else lies there.
 */
export async function listenCdpSocket(
  path: string,
  parts: Omit<SocketParts, 'face' | 'rate'>,
): Promise<CdpSocket> {
  await removeStale(path)
  const shared = {
    ...parts,
    face: createCdpFace(),
    rate: createRateLimit(CALLER_REQUESTS_PER_MINUTE),
  }
  const connections = new Set<Socket>()
  const server = createServer((socket) => {
    connections.add(socket)
    socket.once('close', () => connections.delete(socket))
    serveConnection(socket, shared)
  })
  server.maxConnections = CDP_CONNECTIONS_MAX
  server.listen(path)
  await once(server, 'listening')
  chmodSync(path, 0o600)
  return {
    async close() {
      const closed = once(server, 'close')
      server.close()
      for (const socket of connections) socket.destroy()
      await closed
    },
  }
}

async function removeStale(path: string): Promise<void> {
  const there = lstatSync(path, { throwIfNoEntry: false })
  if (there === undefined) return
  if (!there.isSocket()) throw new Error(`cdp.socket: ${path} is there and is no socket.`)
  const probe = createConnection(path)
  const alive = await Promise.race([
    once(probe, 'connect').then(() => true),
    once(probe, 'error').then(() => false),
  ])
  probe.destroy()
  if (alive) throw new Error(`cdp.socket: another process serves at ${path}.`)
  unlinkSync(path)
}
