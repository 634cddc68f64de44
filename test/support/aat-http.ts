import type { ScopeRequest } from '../../src/domain/scope/types.ts'
import { standForIssuers } from '../../src/usecases/aat/stand-in.ts'
import {
  type Built,
  type Call,
  derive,
  issuersFile,
  prove,
  root,
  TOOLS_URI,
  trustOf,
} from './aat.ts'
import { type Deployment, openDeployment, type Peer, type Seen } from './http.ts'

/** What an enforcement point in front of the tools may be asked about. */
export const POINT_CONTRACT: ScopeRequest = {
  type: 'urn:writ:scope:v1',
  grants: [],
  audiences: [TOOLS_URI],
}

/** A call that the ceiling of the tests' issuer covers. */
export const READ: Call = { tool: 'read_file', args: { path: '/data/q3.pdf' } }

/** An authority that knows the issuer of the tests' chains, as after any start. */
export async function openChains(): Promise<Deployment> {
  const site = await openDeployment({ callerRequestsPerMinute: 10_000 })
  await trustIssuer(site)
  return site
}

/** As a start does that finds this file of issuers. */
export async function trustIssuer({ world }: Deployment, file = issuersFile()): Promise<void> {
  Object.assign(world, { aat: trustOf(file) })
  await standForIssuers(world)
}

/** The word of an answer. */
export function codeOf(seen: Seen): string {
  return seen.status === 200 ? 'allowed' : seen.json.code
}

/** Enrolls an enforcement point for the tools. */
export function pointOf(site: Deployment, name = 'tools'): Promise<Peer> {
  return site.enroll(name, { role: 'enforcement', contract: POINT_CONTRACT })
}

/** The body with which the point asks about a call. */
export function shownBody(built: Built, proof: string, call: Call = READ): object {
  const request = { type: 'tool', server: TOOLS_URI, tool: call.tool, arguments: call.args }
  return { aat_chain: built.chain, aat_pop: proof, audience: TOOLS_URI, request }
}

/** Shows a chain with a fresh proof for a call. */
export function show(site: Deployment, point: Peer, built: Built, call: Call = READ) {
  const proof = prove(built, call, { now: site.world.store.now() })
  return ask(point, shownBody(built, proof, call))
}

/** Sends a body as it is. */
export function ask(point: Peer, body: object): Promise<Seen> {
  return point.ask('POST', '/v1/aat/redemptions', { body })
}

/** A root of the issuer that is good now, and what was derived from it so often. */
export function chainOf(site: Deployment, links = 1): Built {
  let built = root({}, site.world.store.now())
  for (let link = 1; link < links; link += 1) built = derive(built)
  return built
}
