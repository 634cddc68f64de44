import { describe, expect, it } from 'vitest'
import { POLICY_REPLAY_WAYS_MAX } from '../../src/domain/limits.ts'
import type { PolicyInput } from '../../src/domain/policy.ts'
import { everyAnswer } from '../../src/policy/every-answer.ts'
import { judgePartlyKnown } from '../../src/policy/partly-known.ts'
import type { Match } from '../../src/policy/rule.ts'
import { opening, scopeOf, setOf } from './samples.ts'

describe('CDP-40: what is not known is gone through in every way', () => {
  it('asks once for each way, and a thing is the same as long as one asking lasts', () => {
    const ways = everyAnswer((could) => [could('a'), could('b') || could('c'), could('a')], 16)
    expect(ways).toEqual([
      [false, false, false],
      [false, true, false],
      [false, true, false],
      [true, false, true],
      [true, true, true],
      [true, true, true],
    ])
  })

  it('gives up beyond POLICY_REPLAY_WAYS_MAX', () => {
    const things = Array.from({ length: POLICY_REPLAY_WAYS_MAX }, (_, n) => `${n}`)
    const all = (could: (thing: string) => boolean) => things.map(could)
    expect(everyAnswer(all, POLICY_REPLAY_WAYS_MAX)).toBeUndefined()
    expect(everyAnswer(() => 1, 1)).toEqual([1])
  })

  const set = setOf(`
[[policy]]
name = "attested"
match.attestation_min = "affirming"
approval.mode = "auto"
allow = "contract"
`)
  const asked = (unknown: readonly (keyof Match)[]) => {
    const { tier: _tier, ...agent } = QUESTION.agent
    return everyAnswer(
      (could) =>
        judgePartlyKnown(set.rules, () => new Set(unknown), could).decide({ ...QUESTION, agent })
          .effect,
      8,
    )
  }
  const QUESTION: PolicyInput = opening(scopeOf(['GET'], ['/repos/**']))

  it('a rule by what nobody knows may have matched or not', () => {
    expect(asked(['attestation_min'])).toEqual(['deny', 'allow'])
  })

  it('a rule by what was known to be absent did not', () => {
    expect(asked([])).toEqual(['deny'])
  })
})
