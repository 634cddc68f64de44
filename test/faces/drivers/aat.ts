import { type Built, prove, root, THIEF, TOOLS_URI } from '../../support/aat.ts'
import { chainOf, READ, show, shownBody } from '../../support/aat-http.ts'
import type { Call, Face } from '../acts.ts'
import { forged } from '../asks.ts'
import { ELSEWHERE, type Stage } from '../stage.ts'
import { wordOf } from './rest.ts'

const now = ({ site }: Stage) => site.world.store.now()

/** Shows a chain with this proof. */
async function redeemed({ point }: Stage, built: Built, proof: string, change: object = {}) {
  const body = { ...shownBody(built, proof), ...change }
  return wordOf(await point.ask('POST', '/v1/aat/redemptions', { body }))
}

/** Shows one that is good but for what the order of its root or its proof says. */
async function shown(stage: Stage, order: Parameters<typeof prove>[2] = {}, change: object = {}) {
  const built = chainOf(stage.site, 2)
  return redeemed(stage, built, prove(built, READ, { now: now(stage), ...order }), change)
}

const KEYS = 'not expressible: its holders are keys, which are no agents here'
const CEILING = 'not expressible: a chain has no such limit, only the ceiling of its issuer'

/** A chain of another issuer, shown by an enforcement point with the proof of its last holder. */
export const CHAINS: Face<Call> = {
  name: 'chains of attenuating tokens',
  tries: {
    'nothing that is forbidden': (stage) => shown(stage),
    'without a token': 'not expressible: without a chain there is nothing to ask about',
    async 'with a token that is forged'(stage) {
      const built = chainOf(stage.site, 2)
      const chain = [...built.chain.slice(0, -1), forged(built.chain.at(-1) ?? '')]
      return redeemed(stage, built, prove(built, READ, { now: now(stage) }), { aat_chain: chain })
    },
    'with a token of another kind': (stage) => shown(stage, { header: { typ: 'at+jwt' } }),
    'with the token of another': (stage) => shown(stage, { by: THIEF }),
    async 'with a token twice'(stage) {
      const built = chainOf(stage.site, 2)
      const proof = prove(built, READ, { now: now(stage) })
      const first = await redeemed(stage, built, proof)
      return first === 'allowed' ? redeemed(stage, built, proof) : `first ${first}`
    },
    'with a token for another audience': (stage) => shown(stage, {}, { audience: ELSEWHERE }),
    async 'with a token that is over'(stage) {
      const at = now(stage)
      const built = root({ claims: { iat: at - 600, exp: at - 300 } }, at)
      return redeemed(stage, built, prove(built, READ, { now: at }))
    },
    async 'after its lease was revoked'(stage) {
      const { site, point } = stage
      const built = chainOf(site, 2)
      const seen = await show(site, point, built)
      await stage.bar(`lease:${seen.json.lease.id}`)
      return redeemed(stage, built, prove(built, READ, { now: now(stage) }))
    },
    'after its holder was revoked': KEYS,
    'while its holder is suspended': KEYS,
    async 'outside its scope'(stage) {
      const built = chainOf(stage.site, 2)
      const call = { tool: 'write_file', args: READ.args }
      const request = { type: 'tool', server: TOOLS_URI, tool: call.tool, arguments: call.args }
      return redeemed(stage, built, prove(built, call, { now: now(stage) }), { request })
    },
    'by a path that is not canonical': 'not expressible: a tool has no path',
    'with no uses left': CEILING,
    'with no budget left': CEILING,
    'faster than its rate': CEILING,
    'against a policy': (stage) => stage.under('deny', () => shown(stage)),
    'without the yes that a policy asks for': (stage) => stage.under('prompt', () => shown(stage)),
    'while the store is away': (stage) => stage.withoutStore(() => shown(stage)),
  },
}
