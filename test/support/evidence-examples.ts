import type { Peer } from './http.ts'

/** Requests about evidence that succeed; the nonces of one agent are few, so it takes two. */
export function evidenceExamples(agent: Peer, other: Peer) {
  return {
    'POST /v1/nonces': async () => ({ as: other, path: '/v1/nonces' }),
    'POST /v1/agents/self/heartbeat': async () => ({
      as: other,
      path: '/v1/agents/self/heartbeat',
      body: { program: 'A'.repeat(43) },
    }),
    'POST /v1/agents/self/attestation': async () => {
      const { json } = await agent.ask('POST', '/v1/nonces')
      const evidence = { method: 'mtls', nonce: json.nonce }
      return { as: agent, path: '/v1/agents/self/attestation', body: { evidence } }
    },
  }
}
