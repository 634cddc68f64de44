import { once } from 'node:events'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { createConnection, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A place where only this user's processes can ask for a password. */
export interface PasswordSocket {
  /** A folder of this run alone (0700); goes with the socket. */
  readonly folder: string
  readonly path: string
  close(): Promise<void>
}

/**
 * Hands a password to whoever of the same user connects: over a socket in a folder that nobody else
 * can enter, so that it stands in no environment, no argument and no file.
 */
export async function openPasswordSocket(password: string): Promise<PasswordSocket> {
  const folder = mkdtempSync(join(tmpdir(), 'writ-wrap-'))
  chmodSync(folder, 0o700)
  const path = join(folder, 'password')
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.end(password)
  })
  server.listen(path)
  await once(server, 'listening')
  return {
    folder,
    path,
    async close() {
      server.close()
      await once(server, 'close')
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Reads the password from the socket of a run; rejects when the run is over. */
export async function readPassword(path: string): Promise<string> {
  const socket = createConnection(path)
  const chunks = (await socket.toArray()) as Buffer[]
  return Buffer.concat(chunks).toString('utf8')
}
