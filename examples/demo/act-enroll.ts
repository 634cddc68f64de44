import { pathOf } from '../../src/client/client.ts'
import type { AgentView, CertificateView } from '../../src/client/views/agents.ts'
import type { RegistrationView } from '../../src/client/views/enrollment.ts'
import { granted } from './play.ts'
import { contractFor } from './scopes.ts'
import type { Stage } from './stage.ts'
import { expect, type Steps } from './step.ts'

/** LEASH: an agent is invited, asks for itself, and is let in by the owner who has looked at it. */
export async function enrollByInvitation(steps: Steps, stage: Stage): Promise<void> {
  const { clerk } = stage
  const { api } = stage.addresses
  let invitation = ''
  await steps.does('the owner makes a one-time token for an agent it has not seen', async () => {
    const made = await stage.owner<{ readonly token: string; readonly expires_at: string }>({
      method: 'POST',
      path: '/v1/enrollments',
      body: {},
    })
    invitation = stage.secret(made.token)
    return `good until ${made.expires_at}, and it says nothing of permissions`
  })
  let id = ''
  await steps.does('the clerk registers with its request, its evidence and a proof', async () => {
    const order = { op: 'register', api, uri: clerk.uri, invitation } as const
    id = granted<{ readonly id: string }>(await clerk.order(order)).id
    return id
  })
  await steps.refuses('the used token a second time', 'unauthenticated', () =>
    stage.summarizer.order({ op: 'register', api, uri: stage.summarizer.uri, invitation }),
  )
  await steps.refuses('a certificate before the owner has said yes', 'approval_required', () =>
    clerk.order({ op: 'collect', api }),
  )
  const registration = ['v1', 'registrations', id]
  await steps.does('the owner looks at what is proven and what is only said', async () => {
    const seen = await stage.owner<RegistrationView>({
      method: 'GET',
      path: pathOf(registration),
    })
    expect(seen.uri === clerk.uri && seen.state === 'pending', `${seen.uri} ${seen.state}`)
    const { attestation: told, self_reported: said } = seen
    expect(told.tier === 'warning' && told.method === 'mtls', `${told.tier} ${told.method}`)
    return `proven: its key (${told.method}, tier ${told.tier}); said: ${said['agent_type']}`
  })
  await steps.does('the owner approves with a contract that asks each time', async () => {
    const approved = await stage.owner<RegistrationView>({
      method: 'POST',
      path: pathOf([...registration, 'approve']),
      body: { contract: contractFor(stage), terms: { categories: ['api_key'] } },
    })
    expect(approved.terms?.approval_mode === 'per_request', 'nobody will be asked')
    return `${approved.state}, ${approved.terms.approval_mode}`
  })
  await steps.does('the clerk collects its certificate, whose key stayed with it', async () => {
    const issued = granted<AgentView & CertificateView>(await clerk.order({ op: 'collect', api }))
    expect(issued.uri === clerk.uri, `enrolled as ${issued.uri}`)
    const { certificate, ca } = issued
    const { agents, gateway } = stage.addresses
    await clerk.order({ op: 'equip', certificate, ca, agents, gateway })
    return issued.uri
  })
}
