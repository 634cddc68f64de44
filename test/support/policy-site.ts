import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { watchPolicies } from '../../src/policy/source.ts'
import { type Deployment, NARROW, openDeployment, type Peer } from './http.ts'
import { freshFolder } from './pki.ts'

/** A rule about one agent. */
export const rule = (name: string, agent: string, lines: string): string => `
[[policy]]
name = "${name}"
match.agents = ["spiffe://acme.example/agent/${agent}"]
${lines}
`
/** What both rules of BOTH allow. */
export const ALLOW = `approval.mode = "auto"
[policy.allow]
hosts = ["api.github.com"]
methods = ["GET"]
paths = ["/repos/acme/x/**"]
ttl_seconds = 300
max_requests = 7
`
/** A rule for the planner, who may delegate, and one for the worker. */
export const BOTH = [
  rule('plan', 'planner', `${ALLOW}delegation = { allowed = true, max_depth = 1 }\n`),
  rule('work', 'worker', ALLOW.replace('max_requests = 7', 'max_requests = 3')),
].join('')
/** A rule that stops everybody. */
export const STOP = `
[[policy]]
name = "stop"
match = "any"
approval.mode = "deny"
`

/** An authority under the policies of a folder, which begins with BOTH. */
export interface PolicySite {
  readonly site: Deployment
  readonly folder: string
  readonly policies: Awaited<ReturnType<typeof watchPolicies>>
  /** Puts one file into the folder, and has it read. */
  put(text: string): Promise<void>
  close(): Promise<void>
}

/** Opens one. */
export async function openPolicySite(): Promise<PolicySite> {
  const folder = join(freshFolder(), 'policies')
  mkdirSync(folder, { mode: 0o700 })
  writeFileSync(join(folder, 'a.toml'), BOTH, { mode: 0o600 })
  const news = { loaded: () => undefined, refused: () => undefined }
  let site: Deployment | undefined
  const now = () =>
    site?.world.clock.now() ?? (0 as ReturnType<Deployment['world']['clock']['now']>)
  const policies = await watchPolicies(folder, { now, news, pollMs: 60_000 })
  const opened = await openDeployment({}, { policies })
  site = opened
  return {
    site: opened,
    folder,
    policies,
    async put(text) {
      writeFileSync(join(folder, 'a.toml'), text, { mode: 0o600 })
      await policies.reload()
      expect(policies.problems()).toEqual([])
    },
    async close() {
      await policies.close()
      await opened.close()
    },
  }
}

/** Asks for a root lease. */
export function open(holder: Peer, scope: object = NARROW) {
  return holder.ask('POST', '/v1/leases', { body: { scope } })
}

/** Opens a root lease; answers its id. */
export async function lease(holder: Peer): Promise<string> {
  const seen = await open(holder)
  if (seen.status !== 201) throw new Error(seen.text)
  return seen.json.id
}
