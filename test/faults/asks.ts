import type { Dispatcher } from 'undici'
import type { Deployment, Member } from './deployment.ts'
import type { OpKind } from './history.ts'
import { pick } from './random.ts'
import type { Ask, Heard, Recorder } from './recorder.ts'
import type { KnownLease, World } from './world.ts'

/** What steps need: whom to ask, what is known, and the dice. */
export interface Load {
  readonly deployment: Deployment
  readonly world: World
  readonly recorder: Recorder
  readonly random: () => number
  /** Connections of the owner. */
  readonly owner: Dispatcher
  /** Indexes of the processes that run, in the order of the deployment. */
  readonly up: () => readonly number[]
}

/** What a request to the authority consists of, before it is known which process takes it. */
interface ApiAsk {
  readonly kind: OpKind
  readonly method: Ask['method']
  readonly path: string
  readonly body?: unknown
  readonly lease?: KnownLease
  readonly jti?: string
  readonly learn?: Ask['learn']
}

/** Asks an authority that runs, as an agent. */
export function asAgent<T>(
  load: Load,
  ask: ApiAsk & { readonly member: Member },
): Promise<Heard<T>> {
  return toAuthority(load, ask, 'agents', { dispatcher: ask.member.calls })
}

/** Asks an authority that runs, as the owner. */
export function asOwner(load: Load, ask: ApiAsk): Promise<Heard<unknown>> {
  const headers = { authorization: `Bearer ${load.deployment.bearer}` }
  return toAuthority(load, ask, 'api', { dispatcher: load.owner, headers })
}

async function toAuthority<T>(
  load: Load,
  { kind, method, path, body, lease, jti, learn }: ApiAsk,
  listener: 'agents' | 'api',
  how: Pick<Ask, 'dispatcher' | 'headers'>,
): Promise<Heard<T>> {
  const { authorities } = load.deployment
  const process = pick(
    load.random,
    load.up().filter((at) => at < authorities.length),
  )
  if (process === undefined) return undefined
  return load.recorder.send<T>({
    kind,
    process,
    method,
    url: `${authorities[process]?.said[listener]}${path}`,
    lineage: lease?.lineage ?? [],
    ...how,
    ...(body === undefined ? {} : { body }),
    ...(jti === undefined ? {} : { jti }),
    ...(learn === undefined ? {} : { learn }),
  })
}
