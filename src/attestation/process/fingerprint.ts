import { createHash } from 'node:crypto'

/** What makes a process this one and no other while its machine runs. */
export interface ProcessIdentity {
  readonly uid: number
  readonly pid: number
  /** SHA-256 of the binary, 32 bytes. */
  readonly binaryHash: Uint8Array
  /** Field 22 of `/proc/<pid>/stat`: ticks after boot; a pid that is used again has another. */
  readonly startTime: bigint
}

const HASH_BYTES = 32

/**
 * The fingerprint of a process (CDPX-05): SHA-256 over uid as u32, pid as u32, the 32 bytes of the
 * binary's hash and the start time as u64, numbers in little endian. Throws on values that do not
 * fit.
 */
export function processFingerprint(process: ProcessIdentity): Buffer {
  const { uid, pid, binaryHash, startTime } = process
  if (binaryHash.length !== HASH_BYTES) throw new RangeError('a SHA-256 has 32 bytes')
  const bytes = Buffer.alloc(4 + 4 + HASH_BYTES + 8)
  bytes.writeUInt32LE(uid, 0)
  bytes.writeUInt32LE(pid, 4)
  bytes.set(binaryHash, 8)
  bytes.writeBigUInt64LE(startTime, 8 + HASH_BYTES)
  return createHash('sha256').update(bytes).digest()
}
