import { refuse } from '../domain/refusal.ts'
import type { HttpMiddleware } from './context.ts'
import { refused } from './problem.ts'

const LOOPBACK: readonly string[] = ['localhost', '127.0.0.1', '[::1]']

/**
 * On the plain listener the Host has to be one of ours: a page of another origin that made its name
 * resolve to this machine (DNS rebinding) names itself there. Loopback names are always ours. Ports
 * are not compared. Refuses `misdirected`.
 */
export function requireHost(names: readonly string[]): HttpMiddleware {
  const ours = new Set([...LOOPBACK, ...names.map((name) => name.toLowerCase())])
  return async (c, next) => {
    const host = c.req.header('host') ?? new URL(c.req.url).host
    const name = host.toLowerCase().replace(/:\d{1,5}$/, '')
    if (!ours.has(name)) return refused(c, refuse('misdirected').refusal)
    await next()
    return undefined
  }
}
