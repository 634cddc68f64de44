import { refuse } from '../domain/refusal.ts'
import type { HttpMiddleware } from './context.ts'
import { refused } from './problem.ts'

/** Where a URL parser goes up: a segment of dots, also escaped, ended by what ends a segment. */
const DOT_SEGMENT = /\/(?:\.|%2e){1,2}(?:\/|$)/i

/**
 * The router sees a request target after a URL parser had it, which takes dot segments out. A path
 * that would come out at another address is refused `malformed`, and so is the absolute form: a
 * proxy that puts what its clients wrote behind a prefix of ours must not get the answer of another
 * address.
 */
export const requirePlainTarget: HttpMiddleware = async (c, next) => {
  const target = c.env?.incoming?.url
  const path = target?.split(/[?#]/, 1)[0]
  const plain = path === undefined || (path.startsWith('/') && !DOT_SEGMENT.test(path))
  if (!plain) return refused(c, refuse('malformed', { target: 'not plain' }).refusal)
  await next()
  return undefined
}
