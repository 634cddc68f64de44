import { describe, expect, it } from 'vitest'
import {
  collectionStatement,
  enrollmentState,
  type RegistrationStep,
  registrationState,
  registrationStatement,
} from '../../src/domain/enrollment.ts'
import type { RegistrationId } from '../../src/domain/ids.ts'
import {
  ENROLLMENT_SECONDS_DEFAULT,
  ENROLLMENT_SECONDS_MAX,
  GUESS_BLOCK_SECONDS_FIRST,
  GUESS_BLOCK_SECONDS_MAX,
  GUESS_BLOCK_SECONDS_SECOND,
} from '../../src/domain/limits.ts'
import { ASKING_TERMS, OPEN_TERMS } from '../../src/domain/terms.ts'
import { epochSeconds } from '../../src/domain/time.ts'

const at = epochSeconds

describe('enrollment', () => {
  it('LEASH-15: a token lives two minutes by default, and never long', () => {
    expect(ENROLLMENT_SECONDS_DEFAULT).toBe(120)
    expect(ENROLLMENT_SECONDS_MAX).toBeLessThanOrEqual(15 * 60)
  })

  it('LEASHX-08: blocks grow from a quarter of an hour to a day', () => {
    const blocks = [GUESS_BLOCK_SECONDS_FIRST, GUESS_BLOCK_SECONDS_SECOND, GUESS_BLOCK_SECONDS_MAX]
    expect(blocks).toEqual([15 * 60, 60 * 60, 24 * 60 * 60])
  })

  it.each([
    ['open', null, 100, 99],
    ['expired', null, 100, 100],
    ['used', 'reg_AAAAAAAAAAAAAAAAAAAAAA', 100, 99],
    ['used', 'reg_AAAAAAAAAAAAAAAAAAAAAA', 100, 101],
  ] as const)('an invitation is %s', (state, registration, end, now) => {
    const enrollment = { registration: registration as RegistrationId | null, expiresAt: at(end) }
    expect(enrollmentState(enrollment, at(now))).toBe(state)
  })

  it.each([
    ['pending', 99, 'pending'],
    ['pending', 100, 'expired'],
    ['approved', 99, 'approved'],
    ['approved', 100, 'expired'],
    ['denied', 200, 'denied'],
    ['collected', 200, 'collected'],
  ] as const)('a registration that is %s is at %i %s', (step, now, state) => {
    const registration = { step: step as RegistrationStep, expiresAt: at(100) }
    expect(registrationState(registration, at(now))).toBe(state)
  })

  it('what a key signs to register is not what it signs to collect', () => {
    const platform = {
      agentType: null,
      hostname: 'h',
      platform: null,
      binaryFingerprint: null,
      machineFingerprint: null,
    }
    const said = { nonce: 'n', name: 'a', requestHash: 'r', method: 'mtls', platform }
    expect(registrationStatement(said)).toBe('writ registration v1\nn\na\nr\nmtls\n\nh\n\n\n')
    const collecting = collectionStatement({ registration: 'reg_x', challenge: 'c' })
    expect(collecting).toBe('writ collection v1\nreg_x\nc')
  })

  it('LEASH-19: an agent that came by enrollment is asked each time, and gets no credential', () => {
    expect(ASKING_TERMS).toEqual({ ...OPEN_TERMS, approvalMode: 'per_request' })
    expect(ASKING_TERMS.categories).toEqual([])
  })
})
