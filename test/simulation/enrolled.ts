import { enrollAgent } from '../../src/usecases/enrollment/enroll-agent.ts'
import { WIDE } from './commands/choosing.ts'
import { emptyModel, type Model, note } from './model/state.ts'
import { type Authority, personCaller } from './real/authority.ts'
import { AGENTS, GATE } from './real/cast.ts'
import { contractOf } from './real/wire.ts'

/** The cast with its contracts, on both sides. */
export async function enrolled(authority: Authority, most: number): Promise<Model> {
  const { world, material, place } = authority
  const model = emptyModel(place.clock.at, authority.kid, most)
  for (const [name, owner] of [...Object.entries(AGENTS), [GATE, 'alice'] as const]) {
    const role = name === GATE ? 'enforcement' : 'agent'
    const result = await enrollAgent(world, personCaller('owner', owner), {
      name,
      role,
      csrPem: await material.requestOf(name),
      serverNames: [],
      contract: contractOf(WIDE),
      evidence: { method: 'mtls' },
    })
    if (!result.ok) throw new Error(`${name}: ${result.refusal.code}`)
    const certificates = [result.value.certificate.thumbprint]
    const attested = { tier: 1, attestedAt: model.now }
    model.agents.set(name, {
      name,
      role,
      owner,
      contract: WIDE,
      version: 1,
      certificates,
      ...attested,
    })
    note(model, { verdict: 'allowed', event: 'agent.enrolled' })
  }
  return model
}
