import type { ConnectionEnds } from '../../domain/attestation.ts'
import { refuse } from '../../domain/refusal.ts'
import { accept, type Result } from '../../domain/result.ts'
import { processFingerprint } from './fingerprint.ts'
import { hashExe, readExe, readHost, readStat, readUid } from './proc-files.ts'
import { holdersOf, holdsSocket, isLocal, peerSocket } from './tcp-owner.ts'

/** A process as this machine's kernel tells of it; nothing in it comes from the process itself. */
export interface MeasuredProcess {
  /** This machine since its boot, and the namespace of the pid. */
  readonly host: string
  readonly pid: number
  readonly uid: number
  /** Decimal: a u64 does not fit into a number. */
  readonly startTime: string
  /** Which file it runs: another one after it has become another program. */
  readonly exe: string
  /** base64url(SHA-256) of the binary. */
  readonly binaryHash: string
  /** base64url of the fingerprint (CDPX-05). */
  readonly fingerprint: string
}

/** Measures the process at the other end of a connection. */
export type MeasurePeer = (ends: ConnectionEnds) => Promise<Result<MeasuredProcess>>

let running: Promise<unknown> = Promise.resolve()

/**
 * Measures the process at the other end of a connection within this machine: which process holds
 * the peer's socket, what it runs, whose it is, since when (CDP-06, CDPX-13). One at a time, since
 * it looks through all processes. After the binary was hashed the rest is looked at again, so that
 * a pid that was given to another process meanwhile is noticed. Refusal: `attestation_failed` for a
 * peer elsewhere, a socket that no process or several hold, and whatever can not be read.
 */
export const measurePeer: MeasurePeer = (ends) => {
  const next = running.then(() => measure(ends))
  running = next.catch(() => undefined)
  return next
}

async function measure(ends: ConnectionEnds): Promise<Result<MeasuredProcess>> {
  if (!isLocal(ends)) return failed('the peer is not on this machine')
  try {
    const socket = await peerSocket(ends)
    if (socket === undefined) return failed('no socket of the peer')
    const [pid, ...others] = await holdersOf(socket.inode)
    if (pid === undefined) return failed('the process can not be seen')
    if (others.length > 0) return failed('several processes hold the connection')
    const before = await readStat(pid)
    const uid = await readUid(pid)
    const exe = await readExe(pid)
    if (before === undefined || uid === undefined) return failed('the process can not be told')
    if (uid !== socket.uid) return failed('the socket is of another user')
    const binaryHash = await hashExe(pid)
    const after = await readStat(pid)
    const same = after?.startTime === before.startTime && (await readExe(pid)).key === exe.key
    if (!same || !(await holdsSocket(pid, socket.inode))) return failed('the process changed')
    const { startTime } = before
    const fingerprint = processFingerprint({ uid, pid, binaryHash, startTime })
    return accept({
      host: await readHost(),
      pid,
      uid,
      startTime: String(startTime),
      exe: exe.key,
      binaryHash: binaryHash.toString('base64url'),
      fingerprint: fingerprint.toString('base64url'),
    })
  } catch {
    return failed('the process can not be read')
  }
}

function failed(process: string): Result<never> {
  return refuse('attestation_failed', { process })
}
