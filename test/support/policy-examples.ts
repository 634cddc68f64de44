import { type Asker, AUDIENCE, type Deployment, NARROW, type Peer } from './http.ts'

interface Told {
  readonly as: Asker
  readonly path: string
  readonly body?: unknown
}

/** Examples of what is told of decisions without making one. */
export function judgingExamples(
  site: Deployment,
  planner: Peer,
  given: { readonly lease: () => Promise<string>; readonly call: unknown },
): Record<string, () => Promise<Told>> {
  return {
    'POST /v1/explain': async () => ({
      as: planner,
      path: '/v1/explain',
      body: { lease_id: await given.lease(), request: given.call },
    }),
    'GET /v1/policies': async () => ({ as: site.owner, path: '/v1/policies' }),
    'POST /v1/policy/explain': async () => ({
      as: site.owner,
      path: '/v1/policy/explain',
      body: { agent: planner.uri, asked: { action: 'lease.open', scope: NARROW } },
    }),
    'POST /v1/policy/replay': async () => ({
      as: site.owner,
      path: '/v1/policy/replay',
      body: {
        files: { 'a.toml': '[[policy]]\nname = "stop"\nmatch = "any"\napproval.mode = "deny"' },
      },
    }),
  }
}

/** A question about a call of an agent. */
export function callQuestion(agent: string, call: unknown): object {
  return { agent, asked: { action: 'call', audience: AUDIENCE, request: call } }
}
