import fc from 'fast-check'
import type { LeaseId } from '../../../src/domain/ids.ts'
import { settleHere, settleReservations } from '../../../src/usecases/tokens/settle-reservations.ts'
import { predictSettle } from '../model/budget-rules.ts'
import { type Prediction, tokenOf } from '../model/state.ts'
import { whyNoEnforcement } from '../model/token-rules.ts'
import { agentCaller, personCaller } from '../real/authority.ts'
import { GATE } from '../real/cast.ts'
import { costOf } from '../real/wire.ts'
import { askerOf, NAT, someAgent } from './choosing.ts'
import { pick, stepsOf, words } from './kind.ts'

/** Somebody tells what a call came to. */
export const settle = stepsOf({
  name: 'settle',
  draw: fc.record({
    token: NAT,
    amount: fc.nat(12),
    by: words({ who: 12, person: 4, other: 2, agent: 1 }),
    twist: words({ open: 12, any: 8, more: 1, released: 3 }),
  }),
  choose(model, { token: drawn, amount, by, twist }) {
    const spent = model.tokens.filter(({ root }) => root !== undefined)
    const open = spent.filter((one) => one.reserved !== undefined && one.settled === undefined)
    const token = pick(twist === 'any' ? spent : open, drawn)
    if (token === undefined) return undefined
    const { number, root = '', reserved = 0, point = null } = token
    const paid = twist === 'more' ? reserved + 1 : Math.min(amount, reserved)
    const other = point === null ? GATE : null
    return {
      token: number,
      root,
      amount: twist === 'released' ? ('released' as const) : paid,
      by: { who: point, person: 'person', other, agent: someAgent(model, drawn).name }[by],
      gate: askerOf(model, GATE),
    }
  },
  predict(model, { token, amount, by, gate }): Prediction {
    if (by !== null && by !== 'person' && by !== GATE) {
      return { verdict: 'forbidden', event: undefined }
    }
    const refused = by === GATE ? whyNoEnforcement(model, gate) : undefined
    if (refused !== undefined) return { verdict: refused, event: undefined }
    return predictSettle(tokenOf(model, token), amount, by)
  },
  async act({ world, signed }, { token, root, amount, by, gate }) {
    const claims = signed[token]?.claims
    if (claims === undefined) throw new Error('every token of the model was signed')
    const actual = amount === 'released' ? amount : [costOf(amount)]
    const item = { root: root as LeaseId, jti: claims.jti, actual }
    if (by === null) {
      const { tenant, request } = personCaller('owner')
      return settleHere(world.store, tenant, { ...item, request })
    }
    const asker = by === GATE ? gate : { name: by, certificate: gate.certificate }
    const caller = by === 'person' ? personCaller('operator') : agentCaller(asker)
    const settled = await settleReservations(world, caller, [item])
    if (!settled.ok) return settled
    const [only] = settled.value
    if (only === undefined) throw new Error('one settlement has one outcome')
    return only
  },
  apply(model, { token: number, amount }) {
    tokenOf(model, number).settled = amount === 'released' ? 0 : amount
  },
})
