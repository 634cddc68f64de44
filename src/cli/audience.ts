import { type Connection, pathOf } from '../client/client.ts'
import type { LeaseView } from '../client/views/leases.ts'
import { ask } from './ask.ts'
import { usage } from './outcome.ts'

/**
 * The audience of a call when none is named: the one the lease has, or of several the one that is
 * spelled like the gateway and the first path segment.
 */
export async function audienceFor(
  url: string,
  lease: string,
  connection: Connection,
): Promise<string> {
  if (!URL.canParse(url)) throw usage(`${url} is not a URL.`)
  const path = pathOf(['v1', 'leases', lease])
  const { scope } = await ask<LeaseView>(connection, { method: 'GET', path })
  const [only, ...more] = scope.audiences
  if (only !== undefined && more.length === 0) return only
  const { origin, pathname } = new URL(url)
  const spelled = `${origin}/${pathname.split('/')[1]}`
  if (scope.audiences.includes(spelled)) return spelled
  throw usage(`Name one with --audience: ${scope.audiences.join(', ')}.`)
}
