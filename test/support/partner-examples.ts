import { CONTRACT, type Deployment } from './http.ts'
import type { Example } from './http-examples.ts'
import { partnerAgent } from './partner.ts'

const PATH = '/v1/agents/federated'

/** For each row of federation a request that succeeds. */
export function partnerExamples(site: Deployment): Record<string, () => Promise<Example>> {
  const { owner } = site
  const fresh = async () => {
    const { id, credential } = await partnerAgent()
    return { body: { id, certificate: credential.cert, contract: CONTRACT }, credential }
  }
  return {
    [`POST ${PATH}`]: async () => ({ as: owner, path: PATH, body: (await fresh()).body }),
    'PUT /v1/agents/self/certificate': async () => {
      const { body, credential } = await fresh()
      await owner.ask('POST', PATH, { body })
      return { as: site.peer(credential), path: '/v1/agents/self/certificate' }
    },
  }
}
