import { lookup as systemLookup } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'

/** All addresses of a host name. */
export type Resolve = (hostname: string) => Promise<readonly string[]>

/** What is dialed lies where whoever asked does not reach. */
export class BlockedAddress extends Error {
  readonly code = 'WRIT_BLOCKED_ADDRESS'
}

/** What is blocked as it stands: a host that is an address, for which nothing is looked up. */
export function isBlockedLiteral(
  hostname: string,
  isBlocked: (address: string) => boolean,
): boolean {
  const literal = hostname.replace(/^\[|\]$/g, '')
  return isIP(literal) !== 0 && isBlocked(literal)
}

/**
 * A lookup for one connection: the name is resolved once, every address it has is held against the
 * rule, and one of these very addresses is dialed. There is no second resolution that could answer
 * differently. A single blocked address among others blocks the name.
 */
export function checkedLookup(
  resolve: Resolve,
  isBlocked: (address: string) => boolean,
): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname).then(
      (addresses) => {
        if (addresses.some(isBlocked)) {
          return callback(new BlockedAddress('the name has a blocked address'), [])
        }
        const dialed = addresses.map((address) => ({ address, family: isIP(address) }))
        const [first] = dialed
        if (first === undefined) return callback(new Error('the name has no address'), [])
        if (options.all === true) return callback(null, dialed)
        return callback(null, first.address, first.family)
      },
      (error: NodeJS.ErrnoException) => callback(error, []),
    )
  }
}

/** The addresses that this machine finds for a name. */
export function systemResolve(hostname: string): Promise<readonly string[]> {
  return new Promise((resolve, reject) => {
    systemLookup(hostname, { all: true }, (error, found) => {
      if (error === null) resolve(found.map(({ address }) => address))
      else reject(error)
    })
  })
}
