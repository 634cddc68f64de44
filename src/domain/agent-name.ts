/** The shape of the ids that Writ gives: one name behind what its bearer is. */
const GIVEN = /^spiffe:\/\/[^/]+\/(?:agent|gateway|issuer)\/([^/]+)$/
const SCHEME = 'spiffe://'

/** Whether an id is of the shape that Writ gives; only ids of its own trust domain may be. */
export function hasGivenShape(uri: string): boolean {
  return GIVEN.test(uri)
}

/**
 * The name of an agent as people say it. Of an id that Writ gave it is the end; of any other the
 * whole, with its trust domain, so that nobody from elsewhere has the name of one of ours.
 */
export function agentName(uri: string): string {
  const name = GIVEN.exec(uri)?.[1]
  if (name !== undefined) return name
  return uri.startsWith(SCHEME) ? uri.slice(SCHEME.length) : uri
}
