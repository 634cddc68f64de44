import type { AgentsParts } from '../../src/compose/apps.ts'
import { CdpGate, type CdpRoute } from '../../src/usecases/cdp/cdp-gate.ts'
import type { World } from '../../src/usecases/world.ts'
import { type MasterKey, macKey } from '../../src/vault/envelope.ts'

/** What a test may want of an authority beside its usual ways. */
export interface DeploymentSettings {
  readonly statusList?: boolean
  readonly policies?: World['policies']
  readonly catalog?: World['catalog']
  readonly exposure?: World['exposure']
  readonly proxies?: AgentsParts['proxies']
  readonly leashTokens?: boolean
  /** Routes that the gate of CDP gives leases for. */
  readonly cdpRoutes?: readonly CdpRoute[]
}

/** The gate of an authority, with its key where it has it in earnest. */
export function testGate(master: MasterKey, routes: readonly CdpRoute[] = []): CdpGate {
  return new CdpGate({ key: macKey(master, 'cdp-gate'), routes })
}
