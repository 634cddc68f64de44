/** A path of the example: what one agent may do, and how far it may pass that on. */
interface Part {
  readonly methods: readonly string[]
  readonly paths: readonly string[]
  readonly uses: number
  readonly ttlSeconds: number
  readonly depth: number
  readonly delegates: readonly string[]
}

const HTTP = { schemes: ['http'], hosts: ['127.0.0.1'], ports: [9480], private_net: true }
const AUDIENCE = 'urn:example:orders'

/** A scope of the example: an HTTP service with orders, as in the first hour of the documents. */
function scopeOf(part: Part): object {
  return {
    type: 'urn:writ:scope:v1',
    grants: [{ type: 'http', ...HTTP, methods: part.methods, paths: part.paths }],
    audiences: [AUDIENCE],
    limits: { ttl_seconds: part.ttlSeconds, max_uses: part.uses, max_depth: part.depth },
    delegation: { allowed: part.delegates.length > 0, delegates: part.delegates },
  }
}

/** What each agent of the example may ever have. */
export function demoContract(agents: readonly string[]): object {
  return scopeOf({
    methods: ['GET', 'POST'],
    paths: ['/orders/**'],
    uses: 1_000,
    ttlSeconds: 3_600,
    depth: 2,
    delegates: agents,
  })
}

/** What each lease of the example says, the root first: less at every hop. */
export function demoScopes(worker: string, helper: string): readonly [object, object, object] {
  return [
    scopeOf({
      methods: ['GET', 'POST'],
      paths: ['/orders/**'],
      uses: 100,
      ttlSeconds: 3_600,
      depth: 2,
      delegates: [worker, helper],
    }),
    scopeOf({
      methods: ['GET'],
      paths: ['/orders/2026/*'],
      uses: 20,
      ttlSeconds: 1_800,
      depth: 2,
      delegates: [helper],
    }),
    scopeOf({
      methods: ['GET'],
      paths: ['/orders/2026/7'],
      uses: 1,
      ttlSeconds: 600,
      depth: 2,
      delegates: [],
    }),
  ]
}
