import type { Socket } from 'node:net'
import { measurePeer } from '../attestation/process/measure.ts'
import { PROCESS_POLL_MS } from '../domain/limits.ts'

interface Look {
  readonly at: number
  readonly found: Promise<string | undefined>
}

/**
 * Tells the fingerprint (CDPX-05) of the process at the other end of a connection within this
 * machine; undefined where it can not be told. Looked at again as often as processes are watched:
 * to look goes through all processes.
 */
export function createProcessLook(): (socket: Socket) => Promise<string | undefined> {
  const looks = new WeakMap<Socket, Look>()
  return (socket) => {
    const now = performance.now()
    const known = looks.get(socket)
    if (known !== undefined && now - known.at < PROCESS_POLL_MS) return known.found
    const found = fingerprintAt(socket)
    looks.set(socket, { at: now, found })
    return found
  }
}

async function fingerprintAt(socket: Socket): Promise<string | undefined> {
  const { localAddress = '', localPort = 0, remoteAddress = '', remotePort = 0 } = socket
  const measured = await measurePeer({ localAddress, localPort, remoteAddress, remotePort })
  return measured.ok ? measured.value.fingerprint : undefined
}
