import { type JsonWebKey, sign } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { type TrailLine, type TrailRecord, TrailVerifier } from '../../src/cli/audit/trail.ts'
import type { AuditEntry, ChainHead } from '../../src/domain/audit.ts'
import type { EpochSeconds } from '../../src/domain/time.ts'
import {
  checkpointHash,
  genesisHash,
  genesisText,
  recordBody,
  recordHash,
} from '../../src/store/audit/chain-hash.ts'
import { freshEd25519 } from '../support/fresh-keys.ts'

const AT = 1_800_000_000 as EpochSeconds
const ENTRY = {
  event: 'lease.opened',
  outcome: 'allowed',
  facts: { n: 1 },
} as unknown as AuditEntry
const { privateKey, publicKey } = freshEd25519()
const KEYS: readonly JsonWebKey[] = [{ ...publicKey.export({ format: 'jwk' }), kid: 'k1' }]

function chainOf(chain: string, length: number, heads: readonly ChainHead[] = []) {
  const genesis = genesisText({ chain, at: AT, heads })
  const records: (TrailRecord & { readonly kind: 'record' })[] = []
  let previous = genesisHash(genesis)
  for (let sequence = 1; sequence <= length; sequence += 1) {
    const body = recordBody({ chain, sequence }, AT, ENTRY)
    const hash = recordHash(previous, body)
    records.push({ kind: 'record', chain, sequence, previous_hash: previous, hash, body })
    previous = hash
  }
  return { start: { kind: 'chain', chain, genesis } as const, records }
}

function checkpoint(
  number: number,
  chains: readonly ChainHead[],
  previous: string | null,
  header: object = { alg: 'EdDSA', typ: 'writ-checkpoint+jwt', kid: 'k1' },
) {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const signed = `${part(header)}.${part({ chains, previous })}`
  const signature = sign(null, Buffer.from(signed), privateKey).toString('base64url')
  return { kind: 'checkpoint', number, jws: `${signed}.${signature}` } as const
}

function verdictOf(lines: readonly TrailLine[], keys?: readonly JsonWebKey[]) {
  const verifier = new TrailVerifier(keys)
  for (const line of lines) verifier.take(line)
  return verifier.verdict()
}

const first = chainOf('a', 3)
const head = { chain: 'a', sequence: 3, hash: first.records[2]?.hash ?? '' }
const second = chainOf('b', 2, [head])
const stands = checkpoint(
  1,
  [{ chain: 'b', sequence: 2, hash: second.records[1]?.hash ?? '' }],
  null,
)
const later = checkpoint(2, [head], checkpointHash(stands.jws))
const trail: readonly TrailLine[] = [
  first.start,
  ...first.records,
  second.start,
  ...second.records,
  later,
  stands,
]

test('a trail as the store writes it is whole', () => {
  expect(verdictOf(trail, KEYS)).toEqual({
    ok: true,
    records: 5,
    chains: 2,
    checkpoints: 2,
    signatures: 'verified',
    faults: [],
  })
  expect(verdictOf(trail)).toMatchObject({ ok: true, signatures: 'not_verified' })
})

/** The trail with one record changed. */
function changed(index: number, change: Partial<TrailRecord>): readonly TrailLine[] {
  return trail.map((line, at) => (at === index ? ({ ...line, ...change } as TrailLine) : line))
}

describe('what was changed is told with its place', () => {
  const elsewhere = recordBody({ chain: 'a', sequence: 9 }, AT, ENTRY)
  const cases: readonly (readonly [string, readonly TrailLine[], string])[] = [
    ['a text', changed(2, { body: '{}' }), 'a 2: its text is not the one that was hashed'],
    ['a place inside', changed(2, { body: elsewhere }), 'a 2: its text names another place'],
    ['a link', changed(2, { previous_hash: 'x' }), 'a 2: does not follow the one before'],
    ['a hash', changed(1, { hash: 'x' }), 'a 1: its text is not the one that was hashed'],
    ['a gap', trail.filter((_, at) => at !== 2), 'a 3: 2 was expected'],
    ['no genesis', trail.filter((_, at) => at !== 0), 'a 1: its chain has no genesis'],
    ['two beginnings', [...trail, first.start], 'a: begins twice'],
    [
      'a chain cut short',
      trail.filter((_, at) => at !== 3),
      'a 3: the genesis of b knows another record there',
    ],
    [
      'a chain left out',
      trail.filter((line) => line.kind === 'checkpoint' || line.chain !== 'b'),
      'b 2: checkpoint 1 knows another record there',
    ],
    [
      'a checkpoint that names none',
      [...trail, { kind: 'checkpoint', number: 3, jws: 'a.b.c' }],
      'checkpoint 3: is not a checkpoint',
    ],
    [
      'a checkpoint left out',
      trail.filter((line) => line !== stands),
      'checkpoint 2: the one before it is not here',
    ],
    [
      'a checkpoint replaced',
      [...trail, checkpoint(3, [], checkpointHash(stands.jws))],
      'checkpoint 3: the one before it is not here',
    ],
    ['a checkpoint twice', [...trail, stands], 'checkpoint 1: is there twice'],
    [
      'a first checkpoint that claims others',
      [...trail.slice(0, 7), checkpoint(1, [head], 'x')],
      'checkpoint 1: the one before it is not here',
    ],
  ]
  test.each(cases)('%s', (_name, lines, fault) => {
    const verdict = verdictOf(lines)
    expect(verdict.ok).toBe(false)
    expect(verdict.faults).toContain(fault)
  })

  test.each([
    ['another key', { alg: 'EdDSA', typ: 'writ-checkpoint+jwt', kid: 'k2' }],
    ['another kind of statement', { alg: 'EdDSA', typ: 'writ-receipt+jwt', kid: 'k1' }],
  ])('a checkpoint signed by %s', (_name, header) => {
    const verdict = verdictOf([...trail.slice(0, 7), checkpoint(1, [head], null, header)], KEYS)
    expect(verdict.faults).toEqual(['checkpoint 1: is not signed by one of the keys given'])
  })

  test('a checkpoint whose statement was changed', () => {
    const [start = '', , end = ''] = stands.jws.split('.')
    const [, other = ''] = checkpoint(1, [head], null).jws.split('.')
    const forged = { ...stands, jws: `${start}.${other}.${end}` }
    expect(verdictOf([...trail.slice(0, 7), forged], KEYS).faults).toEqual([
      'checkpoint 1: is not signed by one of the keys given',
    ])
  })

  test('at most twenty faults, so that a broken file does not fill the screen', () => {
    const orphans = chainOf('c', 50).records
    expect(verdictOf(orphans).faults).toHaveLength(20)
  })
})
