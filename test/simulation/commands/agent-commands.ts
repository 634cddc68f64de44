import fc from 'fast-check'
import { accept } from '../../../src/domain/result.ts'
import { renewCertificate } from '../../../src/usecases/agents/renew-certificate.ts'
import { setContract } from '../../../src/usecases/agents/set-contract.ts'
import { enrollAgent } from '../../../src/usecases/enrollment/enroll-agent.ts'
import { whyNotUsable } from '../model/standing.ts'
import { agentOf, type Prediction } from '../model/state.ts'
import type { Terms } from '../model/terms.ts'
import { agentCaller, personCaller } from '../real/authority.ts'
import { GHOST, uriOf } from '../real/cast.ts'
import { contractOf } from '../real/wire.ts'
import { ASK, askerOf, few, NAT, someAgent, WIDE } from './choosing.ts'
import { stepsOf, words } from './kind.ts'

/** An owner narrows a contract, or widens it again; another owner may not. */
export const contract = stepsOf({
  name: 'set contract',
  draw: fc.record({
    agent: NAT,
    ask: ASK,
    twist: words({ wide: 5, narrow: 5, operator: 1, stranger: 1, unknown: 1 }),
  }),
  choose(model, { agent, ask, twist }) {
    const name = twist === 'unknown' ? GHOST : someAgent(model, agent).name
    const terms: Terms =
      twist === 'narrow' ? { ...WIDE, ...(few(ask, agent) as Partial<Terms>) } : WIDE
    const own = model.agents.get(name)?.owner ?? 'alice'
    const other = own === 'alice' ? 'bob' : 'alice'
    const role = twist === 'operator' ? ('operator' as const) : ('owner' as const)
    return { name, terms, by: { role, name: twist === 'stranger' ? other : own } }
  },
  predict(model, { name, by }): Prediction {
    if (by.role === 'operator') return { verdict: 'forbidden', event: undefined }
    const event = 'agent.contract_set'
    const known = model.agents.get(name)
    if (known === undefined) return { verdict: 'not_found', event }
    return { verdict: known.owner === by.name ? 'allowed' : 'forbidden', event }
  },
  act: ({ world }, { name, terms, by }) =>
    setContract(world, personCaller(by.role, by.name), {
      agent: uriOf(name),
      contract: contractOf(terms),
    }),
  apply(model, { name, terms }) {
    const agent = agentOf(model, name)
    agent.contract = terms
    agent.version += 1
  },
})

const EVIDENCE = {
  mtls: { method: 'mtls' },
  none: { method: 'none' },
  forged: {
    method: 'signed-code',
    releaseKey: 'nobody',
    digest: 'A'.repeat(43),
    signature: 'A'.repeat(86),
  },
} as const
const TIER = { none: 0, mtls: 1 } as const

/** An agent gets a new certificate; the old one stays valid until it ends. */
export const certificate = stepsOf({
  name: 'renew certificate',
  draw: fc.record({
    agent: NAT,
    evidence: words({ mtls: 6, none: 2, forged: 1 }),
    old: fc.boolean(),
  }),
  choose(model, { agent, evidence, old }) {
    const { name } = someAgent(model, agent)
    return { asker: askerOf(model, name, old ? 'first' : 'newest'), evidence }
  },
  predict(model, { asker, evidence }): Prediction {
    const event = 'agent.renewed'
    if (evidence === 'forged') return { verdict: 'attestation_failed', event }
    const refused = whyNotUsable(model, agentOf(model, asker.name), asker.certificate)
    return { verdict: refused ?? 'allowed', event }
  },
  act: async ({ world, material }, { asker, evidence }) =>
    renewCertificate(world, agentCaller(asker), {
      csrPem: await material.requestOf(asker.name),
      evidence: EVIDENCE[evidence],
    }),
  apply(model, { asker, evidence }, { value }) {
    const agent = agentOf(model, asker.name)
    agent.certificates.push(value.certificate.thumbprint)
    const tier = evidence === 'forged' ? agent.tier : TIER[evidence]
    // Evidence that says less leaves what is known as it is, and as old as it is.
    if (tier < agent.tier) return
    agent.attestedAt = model.now
    agent.tier = tier
  },
})

/** An owner enrolls one more agent, or a name that is taken. */
export const enroll = stepsOf({
  name: 'enroll',
  draw: fc.record({ agent: NAT, twist: words({ fresh: 2, taken: 1 }) }),
  choose(model, { agent, twist }) {
    const fresh = `fresh-${model.agents.size}`
    return { name: twist === 'fresh' ? fresh : someAgent(model, agent).name }
  },
  predict(model, { name }): Prediction {
    return { verdict: model.agents.has(name) ? 'conflict' : 'allowed', event: 'agent.enrolled' }
  },
  act: async ({ world, material }, { name }) =>
    enrollAgent(world, personCaller('owner'), {
      name,
      role: 'agent',
      csrPem: await material.requestOf(name),
      serverNames: [],
      contract: contractOf(WIDE),
      evidence: { method: 'none' },
    }),
  apply(model, { name }, { value }) {
    const certificates = [value.certificate.thumbprint]
    const evidence = { tier: 0, attestedAt: model.now }
    const agent = { name, role: 'agent', owner: 'alice', contract: WIDE, version: 1 } as const
    model.agents.set(name, { ...agent, certificates, ...evidence })
  },
})

/** Another key signs from now on. */
export const changeKey = stepsOf({
  name: 'change key',
  draw: fc.constant({}),
  choose: () => ({}),
  predict: (): Prediction => ({ verdict: 'allowed', event: undefined }),
  async act(authority) {
    authority.changeKey()
    return accept(undefined)
  },
  apply(model, _, { authority }) {
    model.key = authority.kid
  },
})
