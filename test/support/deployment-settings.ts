import type { AgentsParts } from '../../src/compose/apps.ts'
import type { Catalog } from '../../src/usecases/catalog/catalog.ts'
import { CdpGate } from '../../src/usecases/cdp/cdp-gate.ts'
import type { World } from '../../src/usecases/world.ts'
import { type MasterKey, macKey } from '../../src/vault/envelope.ts'

/** What a test may want of an authority beside its usual ways. */
export interface DeploymentSettings {
  readonly statusList?: boolean
  readonly policies?: World['policies']
  readonly catalog?: Catalog
  readonly exposure?: World['exposure']
  readonly proxies?: AgentsParts['proxies']
  readonly leashTokens?: boolean
  /** Owners that have to say yes; one when left out. */
  readonly quorum?: number
}

/** The gate of an authority, with its key where it has it in earnest. */
export function testGate(master: MasterKey): CdpGate {
  return new CdpGate(macKey(master, 'cdp-gate'))
}
