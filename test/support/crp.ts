import type { Exposure } from '../../src/domain/implementation-tier.ts'
import { Catalog, type ServedRoute } from '../../src/usecases/catalog/catalog.ts'
import type { World } from '../../src/usecases/world.ts'
import { AUDIENCE, type Deployment, openDeployment, type Peer, type Seen } from './http.ts'

/** The secret that no answer of 0.2 may hold. */
export const CANARY = 'ghp_canary_of_crp_0123456789'

const OTHER = 'https://gateway.example:9443/stripe'

/** What the tests' gateway serves: one that the contract names, and one that it does not. */
export const ROUTES: readonly ServedRoute[] = [
  {
    name: 'github',
    service: 'github.com/api',
    resource: AUDIENCE,
    origin: 'https://api.github.com',
    basePath: '',
    credential: { name: 'github', environment: 'production' },
    scopes: {
      issues: ['GET /repos/acme/**', 'POST /repos/acme/x/issues'],
      admin: ['DELETE /repos/**'],
    },
    description: 'Calls to https://api.github.com through the gateway.',
  },
  {
    name: 'stripe',
    service: 'stripe',
    resource: OTHER,
    origin: 'https://api.stripe.com',
    basePath: '',
    credential: { name: 'payments/stripe', environment: 'production' },
    scopes: {},
    description: 'Calls to https://api.stripe.com through the gateway.',
  },
]

/** Terms under which calls get the credential. */
export const TERMS = { categories: ['api_key'] }

/** An authority that knows the routes of a gateway, and an agent. */
export interface CrpSite {
  readonly deployment: Deployment
  readonly planner: Peer
  readonly worker: Peer
  /** One call of a method; answers what came back, parsed. */
  call(as: Peer, method: string, params?: object, version?: string): Promise<Seen['json']>
  close(): Promise<void>
}

/** Opens one; by default without a listener for handles. */
export async function openCrpSite(
  settings: {
    readonly exposure?: Exposure
    readonly handles?: string
    readonly policies?: World['policies']
    readonly gateway?: string | null
  } = {},
): Promise<CrpSite> {
  const { exposure = 'use', handles, policies, gateway = 'https://gateway.example:9443' } = settings
  const catalog = new Catalog(ROUTES, { gateway: gateway ?? undefined, handles })
  const deployment = await openDeployment({}, { catalog, exposure, policies })
  const credential = {
    ...{ name: 'github', kind: 'bearer', category: 'api_key', classification: 'confidential' },
    origins: ['https://api.github.com'],
    fields: { value: CANARY },
  }
  const made = await deployment.owner.ask('POST', '/v1/credentials', { body: credential })
  if (made.status !== 201) throw new Error(made.text)
  let id = 0
  return {
    deployment,
    planner: await deployment.enroll('planner', { terms: TERMS }),
    worker: await deployment.enroll('worker', { terms: TERMS }),
    async call(as, method, params = {}, version) {
      id += 1
      const headers = version === undefined ? {} : { 'crp-version': version }
      const body = { jsonrpc: '2.0', id, method, params }
      const seen = await as.ask('POST', '/crp', { body, headers })
      if (seen.status !== 200 || seen.json.jsonrpc !== '2.0') throw new Error(seen.text)
      return seen.json
    },
    close: () => deployment.close(),
  }
}
