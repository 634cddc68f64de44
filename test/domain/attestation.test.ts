import { describe, expect, it } from 'vitest'
import { meetsAttestation, tierAtLeast } from '../../src/domain/attestation.ts'
import type { AttestationTier } from '../../src/domain/scope/types.ts'
import { at, attestation, NOW } from './samples.ts'

const tiers: readonly AttestationTier[] = ['none', 'warning', 'affirming']

/** Which floors each tier meets. */
const meets: Readonly<Record<AttestationTier, readonly AttestationTier[]>> = {
  none: ['none'],
  warning: ['none', 'warning'],
  affirming: ['none', 'warning', 'affirming'],
}

describe('tiers are ordered: none < warning < affirming', () => {
  it.each(tiers)('%s meets itself and what is below', (tier) => {
    expect(tiers.filter((floor) => tierAtLeast(tier, floor))).toEqual(meets[tier])
  })

  it('a tier nobody knows meets no floor', () => {
    const unknown = 'contraindicated' as AttestationTier
    expect(tiers.filter((floor) => tierAtLeast(unknown, floor))).toEqual([])
  })
})

describe('evidence has to be good enough', () => {
  it.each(tiers)('a result of tier %s meets exactly the floors below it', (tier) => {
    const met = tiers.filter((floor) => {
      const requires = { attestation_min: floor, attestation_max_age_seconds: 'any' as const }
      return meetsAttestation(attestation({ tier }), requires, NOW).ok
    })
    expect(met).toEqual(meets[tier])
  })

  it('says attestation_too_low, with tier and floor for the log', () => {
    const requires = { attestation_min: 'affirming', attestation_max_age_seconds: 'any' } as const
    expect(meetsAttestation(attestation(), requires, NOW)).toEqual({
      ok: false,
      refusal: {
        code: 'attestation_too_low',
        facts: { tier: 'warning', floor: 'affirming' },
        reasons: [],
      },
    })
  })

  it('tells a low tier before an old one', () => {
    const requires = { attestation_min: 'affirming', attestation_max_age_seconds: 1 } as const
    const result = meetsAttestation(attestation({ at: at(-60) }), requires, NOW)
    expect(result).toMatchObject({ refusal: { code: 'attestation_too_low' } })
  })
})

describe('evidence has to be fresh enough', () => {
  it.each([
    [0, 0, true],
    [60, 0, true],
    [60, 59, true],
    [60, 60, true],
    [60, 61, false],
    [0, 1, false],
    [60, -30, true],
    [60, -31, false],
    ['any', 1_000_000, true],
    ['any', -1_000_000, true],
  ] as const)('greatest age %s, age %d: %s', (ageMax, age, fresh) => {
    const requires = { attestation_min: 'none', attestation_max_age_seconds: ageMax } as const
    const result = meetsAttestation(attestation({ at: at(-age) }), requires, NOW)
    expect(result).toEqual(
      fresh
        ? { ok: true, value: undefined }
        : {
            ok: false,
            refusal: { code: 'attestation_stale', facts: { age, ageMax }, reasons: [] },
          },
    )
  })
})
