import { refuse } from '../domain/refusal.ts'
import type { HttpContext, HttpMiddleware } from './context.ts'
import { refused } from './problem.ts'

const LOOPBACK: readonly string[] = ['localhost', '127.0.0.1', '[::1]']

/** Whether a host, with or without a port, is one of ours; loopback names always are. */
export function isOurHost(names: readonly string[]): (host: string) => boolean {
  const ours = new Set([...LOOPBACK, ...names.map((name) => name.toLowerCase())])
  return (host) => ours.has(host.toLowerCase().replace(/:\d{1,5}$/, ''))
}

/** The host a request names, as it names it. */
export function hostOf(c: HttpContext): string {
  return c.req.header('host') ?? new URL(c.req.url).host
}

/**
 * On the `api` listener the Host has to be one of ours: a page of another origin that made its name
 * resolve to this machine (DNS rebinding) names itself there. Loopback names are always ours. Ports
 * are not compared. Refuses `misdirected`.
 */
export function requireHost(names: readonly string[]): HttpMiddleware {
  const isOurs = isOurHost(names)
  return async (c, next) => {
    if (!isOurs(hostOf(c))) return refused(c, refuse('misdirected').refusal)
    await next()
    return undefined
  }
}
