import fc from 'fast-check'
import type { LeaseId } from '../../../src/domain/ids.ts'
import type { Result } from '../../../src/domain/result.ts'
import { accept as accepted } from '../../../src/domain/result.ts'
import { revokeLease } from '../../../src/usecases/revocations/revoke.ts'
import { budgetLeft } from '../model/budget-rules.ts'
import { rateLeft } from '../model/rate-rules.ts'
import { stop } from '../model/revocation-rules.ts'
import { usesLeft } from '../model/standing.ts'
import {
  leaseOf,
  lineageOf,
  type Model,
  note,
  type Prediction,
  tokenOf,
  type Verdict,
} from '../model/state.ts'
import { predictSpend, spend as spent } from '../model/token-rules.ts'
import { type Authority, personCaller, verdictOf } from '../real/authority.ts'
import { GATE } from '../real/cast.ts'
import { askerOf, NAT } from './choosing.ts'
import { pick, same, stepsOf } from './kind.ts'
import { ownerOf, type Presented, plainCall, present, spendable } from './token-commands.ts'

const NOTHING: Prediction = { verdict: 'allowed', event: undefined }
const COPIES = 2
/** What is told when uses, budget or rate are used up first. */
const LOSERS: readonly Verdict[] = ['uses_exhausted', 'budget_exhausted', 'rate_limited']

function presentationOf(model: Model, number: number): Presented {
  const token = tokenOf(model, number)
  const call = plainCall(model, token)
  const point = askerOf(model, GATE)
  return { asker: ownerOf(token), token: number, call, through: 'store', point }
}

/**
 * Tokens of one lease are presented twice each, all at once. I7: of the copies of one token at most
 * one is spent; I11: no more are spent than there are uses left. Which ones, nobody promises.
 */
export const race = stepsOf({
  name: 'race',
  draw: fc.record({ token: NAT, many: fc.integer({ min: 1, max: 4 }) }),
  choose(model, { token: drawn, many }) {
    const first = pick(spendable(model), drawn)
    if (first === undefined) return undefined
    const others = spendable(model).filter(({ lease }) => lease === first.lease)
    const numbers = [...new Set([first, ...others])].slice(0, many).map(({ number }) => number)
    return { presented: numbers.map((number) => presentationOf(model, number)) }
  },
  predict: () => NOTHING,
  async act(authority, { presented }): Promise<Result<readonly Verdict[]>> {
    const copies = presented.flatMap((one) => Array.from({ length: COPIES }, () => one))
    const results = await Promise.all(copies.map((one) => present(authority, one)))
    return accepted(results.map(verdictOf))
  },
  apply(model, { presented }, { value }) {
    const lease = leaseOf(model, tokenOf(model, presented[0]?.token ?? 0).lease)
    const lineage = lineageOf(model, lease)
    const uses = Math.min(...lineage.map((one) => usesLeft(model, one)))
    // Each costs one at most, where it costs anything.
    const budget = Math.min(...lineage.map((one) => budgetLeft(model, one)))
    const rate = Math.min(...lineage.map((one) => rateLeft(model, one)))
    const winners = Math.min(presented.length, uses, budget, rate)
    const first = [uses, budget, rate].indexOf(Math.min(uses, budget, rate))
    const loser = LOSERS[first] ?? 'fault'
    const outcomes = presented.map((_, at) => value.slice(at * COPIES, (at + 1) * COPIES).sort())
    const won = outcomes.filter((pair) => pair.includes('allowed'))
    same('I11: winners of a race', won.length, winners)
    for (const [at, pair] of outcomes.entries()) {
      const isWon = pair.includes('allowed')
      const due: Verdict[] = isWon ? ['allowed', 'token_used'] : [loser, loser]
      same('I7: copies of one token', pair, due)
      const one = presented[at]
      if (isWon && one !== undefined) spentBy(model, one)
    }
    for (const verdict of value) note(model, { verdict, event: 'token.redeemed' })
  },
})

/** I9: what overlaps a revocation may fall either way; what starts after it is refused. */
export const revokeInTheMiddle = stepsOf({
  name: 'revoke in the middle',
  draw: fc.record({ token: NAT, above: NAT }),
  choose(model, { token: drawn, above }) {
    const token = pick(spendable(model), drawn)
    if (token === undefined) return undefined
    const lineage = lineageOf(model, leaseOf(model, token.lease))
    const lease = pick(lineage, above)?.id ?? token.lease
    return { presented: presentationOf(model, token.number), lease }
  },
  predict: () => NOTHING,
  async act(authority, { presented, lease }): Promise<Result<readonly Verdict[]>> {
    const overlapping = present(authority, presented)
    const revoked = await revokeNow(authority, lease)
    const after = await present(authority, presented)
    return accepted([verdictOf(await overlapping), verdictOf(revoked), verdictOf(after)])
  },
  apply(model, { presented, lease }, { value }) {
    const [overlapping = 'fault', revoked, after = 'fault'] = value
    if (overlapping === 'allowed') spentBy(model, presented)
    else same('what overlaps a revocation', overlapping, 'revoked')
    stop(model, `lease:${lease}`, 'revoked')
    const { asker, token, call } = presented
    const ruled = predictSpend(model, asker, tokenOf(model, token), call).verdict
    same('I9: after a revocation was answered', [revoked, after], ['allowed', ruled])
    for (const verdict of [overlapping, after]) note(model, { verdict, event: 'token.redeemed' })
    note(model, { verdict: 'allowed', event: 'revocation.recorded' })
  },
})

function spentBy(model: Model, { token, call }: Presented): void {
  spent(model, tokenOf(model, token), { cost: call.cost, point: null })
}

function revokeNow({ world }: Authority, lease: string): Promise<Result<unknown>> {
  const caller = personCaller('owner')
  return revokeLease(world, caller, { lease: lease as LeaseId, reason: 'simulation' })
}
