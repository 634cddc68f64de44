import { createDetachedAdmission, type DetachedPoint } from '../admission/detached.ts'
import type { Admit } from '../admission/ports.ts'
import { DEFAULT_TENANT } from '../domain/ids.ts'
import type { RouteTable } from '../gateway/route-table.ts'
import type { Log } from '../log.ts'
import type { Metrics } from '../metrics.ts'
import type { Config } from '../settings/config.ts'
import { type OpenLedger, openLedger } from '../store/ledger/open.ts'
import { systemClock } from '../system.ts'
import { readRoutes } from './process.ts'

/** The ledgers of all audiences that a gateway decides by itself. */
export interface Ledgers {
  /** Admission for one of these audiences. */
  admissionFor(
    audience: string,
    known: Pick<DetachedPoint, 'keys' | 'revocations' | 'maxStaleSeconds'>,
  ): Admit
  close(): Promise<void>
}

const SWEEP_EVERY_MS = 60_000

/**
 * Opens one ledger for each audience of a detached route; none when there is no such route. Throws
 * a plain sentence when there is no folder for them, and a StoreFault when one can not be used.
 */
export async function openLedgers(
  config: Config,
  routes: RouteTable,
  parts: { readonly log: Log; readonly metrics: Metrics },
): Promise<Ledgers> {
  const problem = ledgerProblem(config, routes)
  if (problem !== undefined) throw new Error(problem)
  const { issuer } = config
  const open = new Map<string, OpenLedger>()
  const close = async () => {
    for (const ledger of open.values()) await ledger.close()
  }
  try {
    for (const { resource, mode } of routes.values()) {
      if (mode.kind !== 'detached' || open.has(resource)) continue
      open.set(resource, await openOne(config, resource, parts))
    }
  } catch (fault) {
    await close()
    throw fault
  }
  const sweeping = sweepNowAndThen(open, parts.log)
  return {
    admissionFor: (audience, known) => {
      const ledger = open.get(audience)
      if (ledger === undefined) throw new Error(`There is no ledger for ${audience}.`)
      const point = { tenant: DEFAULT_TENANT, issuer, audience, clock: systemClock, ledger }
      return createDetachedAdmission({ ...point, ...known })
    },
    async close() {
      clearInterval(sweeping)
      await close()
    },
  }
}

/** What keeps the routes of these settings from being served, as a sentence; throws the same. */
export function routesProblem(config: Config): string | undefined {
  return ledgerProblem(config, readRoutes(config['gateway.routes']))
}

/** What is missing for the detached routes of a gateway, as a sentence; or undefined. */
export function ledgerProblem(config: Config, routes: RouteTable): string | undefined {
  const detached = [...routes.values()].find(({ mode }) => mode.kind === 'detached')
  if (detached === undefined) return undefined
  const which = `Route ${detached.name} has mode = "detached"`
  if (config.authority.length === 0) {
    return `${which}, which is for a gateway without a store (--authority); leave it out here.`
  }
  if (config['gateway.ledger_dir'] !== '') return undefined
  return (
    `${which}: set gateway.ledger_dir to a folder on a local disk, ` +
    'where this gateway remembers which tokens it has spent.'
  )
}

function openOne(
  config: Config,
  audience: string,
  { log, metrics }: { readonly log: Log; readonly metrics: Metrics },
): Promise<OpenLedger> {
  return openLedger({
    folder: config['gateway.ledger_dir'],
    issuer: config.issuer,
    audience,
    clock: systemClock,
    failed: (fault) => log.fault('ledger.failed', fault),
    observe: ({ seconds, records }) => metrics.storeCommit(seconds, records),
  })
}

function sweepNowAndThen(open: ReadonlyMap<string, OpenLedger>, log: Log): NodeJS.Timeout {
  const sweep = () => {
    for (const ledger of open.values()) {
      ledger.sweep().catch((fault: unknown) => log.fault('ledger.failed', fault))
    }
  }
  return setInterval(sweep, SWEEP_EVERY_MS).unref()
}
