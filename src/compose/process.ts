import { readFileSync } from 'node:fs'
import type { Admit } from '../admission/ports.ts'
import { type ProxyTable, readProxyTable } from '../forward-auth/proxy-table.ts'
import type { Gateway } from '../gateway/gateway.ts'
import { type RouteTable, readRouteTable } from '../gateway/route-table.ts'
import type { AdminParts } from '../listener/app.ts'
import { listen } from '../listener/serve.ts'
import type { Metrics } from '../metrics.ts'
import type { Config, ListenAddress } from '../settings/config.ts'
import { createAdminApp } from './apps.ts'

/** What is closed last still gets this long, when others have used the deadline up. */
const LAST_GRACE_MS = 500

/** Where a process serves; absent for a listener it does not have. */
export interface Addresses {
  readonly api?: string
  readonly agents?: string
  readonly gateway?: string
  readonly handles?: string
  /** Tokens bound to a proven key. */
  readonly dpop?: string
  readonly admin?: string
}

/** How a process ends, in milliseconds. */
export interface EndingTerms {
  /** How long it says so while it still takes work. */
  readonly noticeMs: number
  /** How long what runs may go on after that, on all listeners together. */
  readonly deadlineMs: number
}

/** The end of a process that never served. */
const AT_ONCE: EndingTerms = { noticeMs: 0, deadlineMs: 0 }

/** How the settings want a process to end. */
export function endingTermsOf(config: Config): EndingTerms {
  return { noticeMs: config.drain_notice_ms, deadlineMs: config.drain_deadline_ms }
}

/** What has to be ended when a process ends, last opened first. */
export interface Endings {
  push(end: () => Promise<unknown>): void
  /** Told first: no more work is wanted, while it is still done. */
  onDrain(notice: () => void): void
  /** How long what runs may still go on: what is left of the one deadline of all listeners. */
  graceMs(): number
  /** Gives notice, waits, then ends one after the other; at once when no terms are said. */
  run(terms?: EndingTerms): Promise<void>
}

/** A process that has opened nothing yet. */
export function createEndings(): Endings {
  const ends: (() => Promise<unknown>)[] = []
  const notices: (() => void)[] = []
  let deadline = 0
  return {
    push: (end) => void ends.push(end),
    onDrain: (notice) => void notices.push(notice),
    graceMs: () => Math.max(deadline - performance.now(), LAST_GRACE_MS),
    async run({ noticeMs, deadlineMs } = AT_ONCE) {
      for (const notice of notices.splice(0)) notice()
      if (noticeMs > 0) {
        await new Promise((resolve) => {
          setTimeout(resolve, noticeMs)
        })
      }
      deadline = performance.now() + deadlineMs
      for (let end = ends.pop(); end !== undefined; end = ends.pop()) await end()
    },
  }
}

/** How often listeners show a new server certificate, long before the old one ends. */
export const RENEW_EVERY_MS = 6 * 60 * 60 * 1_000

/** Does something again and again until the process ends; a fault is a warning. */
export function every(ms: number, endings: Endings, work: () => Promise<unknown>): void {
  const timer = setInterval(() => void work().catch((fault) => process.emitWarning(fault)), ms)
  timer.unref()
  endings.push(async () => clearInterval(timer))
}

/** Where a listener is reached. */
export function urlOf(scheme: string, { host }: ListenAddress, port: number): string {
  return `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`
}

/** Has a gateway take calls until the process ends; answers where. */
export async function openGateway(
  gateway: Gateway,
  at: ListenAddress,
  endings: Endings,
): Promise<string> {
  const port = await gateway.listen(at)
  endings.onDrain(gateway.drain)
  endings.push(() => gateway.close({ graceMs: endings.graceMs() }))
  return urlOf('https', at, port)
}

/** The routes of a file; throws the sentence that says what is wrong with it. */
export function readRoutes(path: string): RouteTable {
  if (path === '') return new Map()
  const read = readRouteTable({ name: path, text: readFileSync(path, 'utf8') })
  if (!read.ok) throw new Error(read.problem)
  return read.routes
}

/** The proxies of a file; throws the sentence that says what is wrong with it. */
export function readProxies(path: string): ProxyTable {
  if (path === '') return new Map()
  const read = readProxyTable({ name: path, text: readFileSync(path, 'utf8') })
  if (!read.ok) throw new Error(read.problem)
  return read.proxies
}

/** Counts how admissions end, by word. */
export function counted(admit: Admit, metrics: Metrics): Admit {
  return async (presentation) => {
    const admitted = await admit(presentation)
    metrics.redemption(admitted.ok ? 'allowed' : admitted.refusal.code)
    return admitted
  }
}

/**
 * Opens the listener for health and metrics, when the settings have one. To be opened before the
 * others, so that it goes on telling that the process ends until it has ended.
 */
export async function serveAdmin(
  config: Config,
  parts: Omit<AdminParts, 'hosts'>,
  endings: Endings,
): Promise<Pick<Addresses, 'admin'>> {
  const at = config['listeners.admin']
  if (at === 'auto' || at === 'off') return {}
  const hosts = [...config.server_names, at.host]
  const admin = await listen(createAdminApp({ ...parts, hosts }), { ...at, exclusive: true })
  endings.push(() => admin.close(0))
  return { admin: urlOf('http', at, admin.port) }
}
