import { hostCovers, hostMatches } from '../domain/scope/host.ts'
import { pathCovers, pathMatches } from '../domain/scope/path.ts'
import { splitTarget } from '../domain/scope/target.ts'
import type { Grant, RequestToJudge } from '../domain/scope/types.ts'
import type { Region } from './rule.ts'

/**
 * Whether one request lies in a region. A target that is not canonical lies in every region of
 * calls over http: it is refused anyway, and a deny must not be escaped by a spelling.
 */
export function touches(region: Region, request: RequestToJudge): boolean {
  if (request.type === 'tool') {
    return (
      !isHttp(region) &&
      listed(region.servers, request.server) &&
      listed(region.tools, request.tool)
    )
  }
  if (isTool(region)) return false
  const split = splitTarget(request.target)
  if (!split.ok) return true
  const { scheme, host, port, path } = split.value
  return (
    listed(region.schemes, scheme) &&
    listed(region.ports, port) &&
    listed(region.methods, request.method) &&
    (region.hosts?.some((pattern) => hostMatches(pattern, host)) ?? true) &&
    (region.paths?.some((pattern) => pathMatches(pattern, path)) ?? true)
  )
}

/** Whether a grant is good for nothing outside a region. */
export function liesWithin(grant: Grant, region: Region): boolean {
  if (grant.type === 'tool') {
    return (
      !isHttp(region) && listed(region.servers, grant.server) && listed(region.tools, grant.tool)
    )
  }
  if (isTool(region)) return false
  const { schemes, hosts, ports, methods, paths } = grant
  return (
    schemes.every((scheme) => listed(region.schemes, scheme)) &&
    ports.every((port) => listed(region.ports, port)) &&
    methods.every((method) => listed(region.methods, method)) &&
    hosts.every((host) => region.hosts?.some((above) => hostCovers(above, host)) ?? true) &&
    paths.every((path) => region.paths?.some((above) => pathCovers(above, path)) ?? true)
  )
}

function isTool({ servers, tools }: Region): boolean {
  return servers !== undefined || tools !== undefined
}

function isHttp(region: Region): boolean {
  return !isTool(region) && Object.keys(region).length > 0
}

function listed<Entry>(list: readonly Entry[] | undefined, entry: Entry): boolean {
  return list?.includes(entry) ?? true
}
