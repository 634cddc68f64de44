import type { World } from '../../usecases/world.ts'
import type { CrpVersion } from './version.ts'

/** A tier of conformance; `none` where not even the lowest is there. */
export type CrpTier = 'Full' | 'Standard' | 'Basic' | 'none'

/** What is advertised of this face (CRP-22, CRPX-37). */
export interface CrpCapability {
  readonly version: CrpVersion
  readonly provider: 'writ'
  readonly features: readonly string[]
  /** Only with version 0.2. */
  readonly conformance?: CrpTier
}

/** What is there of each thing a tier asks for, as this process stands. */
type Enabled = Readonly<
  Record<
    'use' | 'resolve' | 'lease' | 'list' | 'revoke' | 'delegate' | 'broker' | 'policy',
    boolean
  >
>

/**
 * The capability object `experimental.crp`, computed from what is enabled here and claimed nowhere:
 * without a gateway nothing can be used, without policies no tier that asks for them is told.
 */
export function crpCapability(world: World, version: CrpVersion = '0.2'): CrpCapability {
  const enabled = enabledIn(world)
  const base = { version, provider: 'writ' } as const
  if (version === '0.1') {
    return { ...base, features: named(enabled, ['resolve', 'lease', 'revoke', 'list']) }
  }
  const names = ['use', 'list', 'lease', 'revoke', 'delegate', 'broker'] as const
  const features = [...named(enabled, names), 'classify']
  return { ...base, features, conformance: tierOf(enabled) }
}

/** Methods that are not there in a process: they are -33011, not -32601. */
export function isEnabled(world: World, method: string): boolean {
  const enabled = enabledIn(world)
  if (method === 'crp/use' || method === 'x-crp/token') return enabled.use
  return method === 'crp/resolve' ? enabled.resolve : true
}

function enabledIn({ catalog, policies }: World): Enabled {
  const { gateway, handles } = catalog.urls
  const served = catalog.routes.length > 0
  const use = served && gateway !== undefined
  const lease = true
  return {
    use,
    resolve: use || (served && handles !== undefined),
    ...{ lease, list: true, revoke: true, delegate: use, broker: use },
    policy: policies !== undefined,
  }
}

/** CRPX-38: each tier is everything below it and more. Audit and classes are always there. */
function tierOf({ use, lease, list, revoke, delegate, broker, policy }: Enabled): CrpTier {
  if (!use || !lease) return 'none'
  if (!list || !revoke) return 'Basic'
  return delegate && broker && policy ? 'Full' : 'Standard'
}

function named<Name extends keyof Enabled>(enabled: Enabled, names: readonly Name[]): Name[] {
  return names.filter((name) => enabled[name])
}
