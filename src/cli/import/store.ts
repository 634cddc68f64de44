import { type Client, type Connection, createClient, pathOf } from '../../client/client.ts'
import type { CredentialView } from '../../client/views/credentials.ts'
import { granted } from '../ask.ts'
import { nextStep } from '../next-step.ts'
import { CommandFailure, EXIT } from '../outcome.ts'
import type { PlannedCredential } from './plan.ts'

/** What tells a credential from others of its name. */
export interface Place {
  readonly environment?: string | undefined
  readonly owner?: string | undefined
}

/** A connection for one import, and what is there of it already. */
export interface ImportDesk {
  /** What the vault has under the names of a plan; nothing is read of their secrets. */
  present(planned: readonly PlannedCredential[]): Promise<ReadonlyMap<string, CredentialView>>
  /** Stores all, or none as far as that can be had: see `storeAll`. */
  store(
    planned: readonly PlannedCredential[],
    secretOf: (variable: string) => string,
  ): Promise<ReadonlyMap<string, CredentialView>>
  close(): Promise<void>
}

/** Opens the desk; close it, or the process stays alive. */
export function openImportDesk(connection: Connection, place: Place): ImportDesk {
  const client = createClient(connection)
  const { bearer } = connection
  return {
    async present(planned) {
      const found = new Map<string, CredentialView>()
      for (const { name } of planned) {
        const path = pathOf(['v1', 'credentials', name], { ...place })
        const answer = await client.call<CredentialView>({ method: 'GET', path })
        const absent = !answer.ok && answer.problem.code === 'not_found'
        if (!absent) found.set(name, granted(answer, bearer))
      }
      return found
    },
    store: (planned, secretOf) => storeAll(client, { bearer, place, planned, secretOf }),
    close: () => client.close(),
  }
}

interface Storing {
  readonly bearer: string | undefined
  readonly place: Place
  readonly planned: readonly PlannedCredential[]
  readonly secretOf: (variable: string) => string
}

/**
 * Stores one after the other. When one is refused, or its answer is lost, those before it are
 * removed again; the failure tells what is there all the same, and of which nobody knows.
 */
async function storeAll(
  client: Client,
  { bearer, place, planned, secretOf }: Storing,
): Promise<ReadonlyMap<string, CredentialView>> {
  const stored = new Map<string, CredentialView>()
  for (const one of planned) {
    const { name, kind, category, origins, placement, variable } = one
    const terms = { name, kind, category, origins, placement, ...place }
    const body = { ...terms, fields: { value: secretOf(variable) } }
    const call = { method: 'POST', path: '/v1/credentials', body } as const
    try {
      stored.set(name, granted(await client.call<CredentialView>(call), bearer))
    } catch (cause) {
      const kept = await takeBack(client, [...stored.keys()], place)
      throw broken(cause, { variable, name }, kept)
    }
  }
  return stored
}

/** Removes what this run has stored; answers what could not be removed. */
async function takeBack(
  client: Client,
  names: readonly string[],
  place: Place,
): Promise<readonly string[]> {
  const kept: string[] = []
  for (const name of names) {
    const path = pathOf(['v1', 'credentials', name], { ...place })
    const gone = await client.call({ method: 'DELETE', path }).then(
      ({ ok }) => ok,
      () => false,
    )
    if (!gone) kept.push(name)
  }
  return kept
}

function broken(
  cause: unknown,
  at: { readonly variable: string; readonly name: string },
  stored: readonly string[],
): CommandFailure {
  const known = cause instanceof CommandFailure
  const problem = known ? (cause.document as object) : { error: 'failure', detail: String(cause) }
  const unknown = known ? [] : [at.name]
  const step = known ? undefined : nextStep(cause)
  const lines = [
    `${at.variable}: ${cause instanceof Error ? cause.message : String(cause)}`,
    stored.length === 0 ? 'Nothing is stored.' : `Stored and still there: ${stored.join(' ')}`,
    ...unknown.map((name) => `Not known whether it is stored: ${name}`),
    ...(stored.length + unknown.length > 0 ? ['Run it again: what is there is left alone.'] : []),
    ...(step === undefined ? [] : [`Next: ${step}`]),
  ]
  const document = { ...problem, variable: at.variable, stored, unknown }
  return new CommandFailure(known ? cause.exit : EXIT.failure, lines.join('\n'), document)
}
