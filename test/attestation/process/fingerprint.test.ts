import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { processFingerprint } from '../../../src/attestation/process/fingerprint.ts'

interface Vector {
  readonly uid: number
  readonly pid: number
  readonly binary_hash: string
  readonly start_time: string
  readonly bytes: string
  readonly fingerprint: string
}

const file = new URL('../../vectors/process-fingerprint.json', import.meta.url)
const vectors: readonly Vector[] = JSON.parse(readFileSync(file, 'utf8'))

describe('the fingerprint of a process', () => {
  it.each(vectors)('CDPX-05: of pid $pid is byte for byte what others compute', (vector) => {
    const { uid, pid, binary_hash: hash, start_time: start, bytes, fingerprint } = vector
    const binaryHash = Buffer.from(hash, 'hex')
    const found = processFingerprint({ uid, pid, binaryHash, startTime: BigInt(start) })
    expect(found.toString('hex')).toBe(fingerprint)
    expect(createHash('sha256').update(bytes, 'hex').digest('hex')).toBe(fingerprint)
  })

  it('takes nothing that does not fit', () => {
    const good = { uid: 0, pid: 1, binaryHash: Buffer.alloc(32), startTime: 0n }
    expect(() => processFingerprint({ ...good, uid: 2 ** 32 })).toThrow(RangeError)
    expect(() => processFingerprint({ ...good, pid: -1 })).toThrow(RangeError)
    expect(() => processFingerprint({ ...good, startTime: 1n << 64n })).toThrow(RangeError)
    expect(() => processFingerprint({ ...good, binaryHash: Buffer.alloc(31) })).toThrow(RangeError)
  })
})
