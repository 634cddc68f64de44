import { inflateSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import {
  STATUS_INDEX_BLOCK,
  STATUS_LIST_SIZE,
  STATUS_LIST_TTL_SECONDS,
  TOKEN_TTL_SECONDS_DEFAULT,
} from '../../src/domain/limits.ts'
import {
  type LeaseEnds,
  packStatuses,
  statusListOf,
  statusListUri,
  statusOf,
  statusPlaceOf,
} from '../../src/domain/status-list.ts'
import { epochSeconds } from '../../src/domain/time.ts'

const NOW = epochSeconds(1_800_000_000)
const LIVE: LeaseEnds = {
  expiresAt: epochSeconds(NOW + 1),
  releasedAt: null,
  maxUses: null,
  usesSpent: 0,
}

/** The second vector of appendix C of the document: the entries that are not 0, and its bytes. */
const DOCUMENTED_ENTRIES: readonly (readonly [number, number])[] = [
  [0, 1],
  [1993, 2],
  [25460, 1],
  [159495, 3],
  [495669, 1],
  [554353, 1],
  [645645, 2],
  [723232, 1],
  [854545, 1],
  [934534, 2],
  [1000345, 3],
]
const DOCUMENTED_ZLIB = [
  '78daeddb310d00211000412ea1a04004fe5520ed357c28c81d3312b6df68bc65480000000000406e2101000000',
  '0000000000000000000000000000000000000000000000000000000040795b0200000000000000000000000000',
  '000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000',
  '0000000000000000000000000000000000000000000080f4ba0400000000000000000000000000406d764a0000',
  '00000000000000000000000000000000000000e0922101000000000000000000000000000000000000fc131200',
  '000000000000000000000000000000000000000000000000000000000000c0912e010000000000000000000000',
  '00000000000000c07d4b02000000000000000000000000000000a8614a0000000000000000000000406a1fcd60',
  '010c',
].join('')

describe('packed statuses', () => {
  it.each<readonly [string, readonly number[], readonly number[]]>([
    ['nothing', [], []],
    ['one that is invalid', [1], [0b00000001]],
    ['the second place stands left of the first', [0, 2], [0b00001000]],
    ['the fourth stands in the highest bits', [0, 0, 0, 3], [0b11000000]],
    ['the fifth begins a byte', [0, 0, 0, 0, 1], [0, 1]],
    ['one of each', [0, 1, 2, 3], [0b11100100]],
    ['section 4.1 of the document', [1, 2, 0, 3, 0, 1, 0, 1, 1, 2, 3, 3], [0xc9, 0x44, 0xf9]],
  ])('%s: worked by hand', (_name, values, bytes) => {
    expect([...packStatuses(Uint8Array.from(values))]).toEqual(bytes)
  })

  it('are those of appendix C of the document, a million entries long', () => {
    const values = new Uint8Array(2 ** 20)
    for (const [position, value] of DOCUMENTED_ENTRIES) values[position] = value
    const documented = inflateSync(Buffer.from(DOCUMENTED_ZLIB, 'hex'))
    expect(Buffer.compare(packStatuses(values), documented)).toBe(0)
  })

  it('hold no value of three bits', () => {
    expect(() => packStatuses(Uint8Array.of(4))).toThrow('two bits')
  })
})

describe('the place of a number', () => {
  const issuer = 'https://writ.example'

  it('is its list and what is left', () => {
    const first = { uri: `${issuer}/v1/status-lists/0`, position: 0 }
    expect(statusPlaceOf(issuer, 0)).toEqual(first)
    expect(statusPlaceOf(issuer, STATUS_LIST_SIZE - 1)).toEqual({
      ...first,
      position: STATUS_LIST_SIZE - 1,
    })
    const third = { uri: `${issuer}/v1/status-lists/2`, position: 5 }
    expect(statusPlaceOf(issuer, 2 * STATUS_LIST_SIZE + 5)).toEqual(third)
  })

  it('has one address, whether or not the issuer ends in a slash', () => {
    expect(statusListUri(`${issuer}/`, 3)).toBe(statusListUri(issuer, 3))
    expect(statusListOf(statusListUri(issuer, 3))).toBe(3)
    expect(statusListOf(`${issuer}/v1/status-lists/03`)).toBeUndefined()
  })

  it('comes in blocks that fill lists, and a list is younger than a token is by default', () => {
    expect(STATUS_LIST_SIZE % STATUS_INDEX_BLOCK).toBe(0)
    expect(2 * STATUS_LIST_TTL_SECONDS).toBeLessThan(TOKEN_TTL_SECONDS_DEFAULT)
  })
})

describe('I6: the status of a lease', () => {
  const released = { ...LIVE, releasedAt: NOW }
  const expired = { ...LIVE, expiresAt: NOW }
  const spent = { ...LIVE, maxUses: 2, usesSpent: 2 }
  it.each<readonly [string, readonly LeaseEnds[], readonly ('revoked' | 'suspended')[], string]>([
    ['lives', [LIVE, LIVE], [], 'valid'],
    ['has a use left', [{ ...spent, usesSpent: 1 }], [], 'valid'],
    ['was revoked', [LIVE], ['revoked'], 'invalid'],
    ['is suspended', [LIVE], ['suspended'], 'suspended'],
    ['is suspended and revoked', [LIVE], ['suspended', 'revoked'], 'invalid'],
    ['is suspended and released', [released], ['suspended'], 'invalid'],
    ['has a released ancestor', [released, LIVE], [], 'invalid'],
    ['has ended', [expired], [], 'invalid'],
    ['has an ended ancestor', [expired, LIVE], [], 'invalid'],
    ['has an ancestor without uses', [spent, LIVE], [], 'invalid'],
  ])('that %s', (_name, lineage, effects, status) => {
    expect(statusOf(lineage, effects, NOW)).toBe(status)
  })
})
