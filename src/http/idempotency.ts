import { createHash } from 'node:crypto'
import { IDEMPOTENCY_SECONDS } from '../domain/limits.ts'
import { refuse } from '../domain/refusal.ts'
import { accept, type Result } from '../domain/result.ts'
import { later } from '../domain/time.ts'
import type { Decided, Decision, Store, Transaction } from '../store/ports.ts'
import { isAwaiting } from '../usecases/approvals/awaiting.ts'
import { actorOf, type Caller } from '../usecases/caller.ts'
import type { Endpoint } from './endpoint.ts'

/** What an `Idempotency-Key` is: 1 to 255 visible ASCII characters. */
export const IDEMPOTENCY_KEY = /^[\x21-\x7e]{1,255}$/

/** Stored for an answer that is not kept: it happened, and cannot be told again. */
const HAPPENED = ''

/** What a key comes to: an answer given before, or a store that remembers the coming one. */
export type Claim =
  | { readonly kind: 'replay'; readonly answer: string }
  | { readonly kind: 'fresh'; readonly store: Store; readonly answer: () => string | undefined }

/**
 * Claims an `Idempotency-Key` for one creation. The key, the request's fingerprint and the answer
 * are written in the transaction of the creation itself, so that two at once can not both create,
 * and a crash leaves both or neither. A refused creation leaves nothing: it may be tried again.
 *
 * So does one that waits for a person: nothing was created yet.
 *
 * Answers with tokens are never stored (I12): there the second try is a `conflict`, and whoever
 * lost the first answer creates anew under another key. Only hashes of key and request are kept.
 * Refusals: `malformed` for the key, `conflict` for another request under the same key.
 */
export async function claimKey(
  store: Store,
  endpoint: Pick<Endpoint, 'idempotency' | 'show'>,
  request: { readonly caller: Caller; readonly key: string; readonly fingerprint: string },
): Promise<Result<Claim>> {
  if (!IDEMPOTENCY_KEY.test(request.key)) {
    const detail = 'An Idempotency-Key is 1 to 255 visible ASCII characters.'
    return refuse('malformed', {}, [{ pointer: '', code: 'idempotency_key', detail }])
  }
  const { caller, fingerprint } = request
  const place = { tenant: caller.tenant, actor: actorOf(caller), key: digestOf(request.key) }
  const known = await store.read((reads) => reads.answer(place.tenant, place.actor, place.key))
  if (known !== undefined) {
    const same = known.fingerprint === fingerprint && known.answer !== HAPPENED
    return same ? accept({ kind: 'replay', answer: known.answer }) : takenKey()
  }
  let answer: string | undefined
  const remember = async (tx: Transaction, value: unknown): Promise<void> => {
    answer = endpoint.idempotency === 'replay' ? JSON.stringify(endpoint.show(value)) : undefined
    await tx.recordAnswer(place.tenant, place.actor, place.key, {
      fingerprint,
      answer: answer ?? HAPPENED,
      expiresAt: later(tx.now, IDEMPOTENCY_SECONDS),
    })
  }
  return accept({ kind: 'fresh', store: rememberIn(store, place, remember), answer: () => answer })
}

/** Identifies a request: same caller, address and body have the same fingerprint. */
export function fingerprintOf(method: string, path: string, body: string): string {
  return digestOf(`${method} ${path}\n${body}`)
}

/** The store with `decide` widened by the claim: one more row in the same transaction. */
function rememberIn(
  store: Store,
  place: { readonly tenant: Caller['tenant']; readonly actor: string; readonly key: string },
  remember: (tx: Transaction, value: unknown) => Promise<void>,
): Store {
  return {
    outbox: store.outbox,
    watch: store.watch,
    sealed: store.sealed,
    read: (work) => store.read(work),
    decide<T>(work: (tx: Transaction) => Promise<Decision<T>>): Promise<Decided<T>> {
      return store.decide(async (tx) => {
        const decision = await work(tx)
        if (!decision.result.ok || isAwaiting(decision.result.value)) return decision
        const taken = await tx.answer(place.tenant, place.actor, place.key)
        if (taken !== undefined) {
          return { result: takenKey(), record: { ...decision.record, outcome: 'conflict' } }
        }
        await remember(tx, decision.result.value)
        return decision
      })
    },
    now: () => store.now(),
    redeem: (spend) => store.redeem(spend),
    settle: (settlement) => store.settle(settlement),
    onRevocation: (listener) => store.onRevocation(listener),
    revocationStaleness: () => store.revocationStaleness(),
    verifyAudit: () => store.verifyAudit(),
    exportAudit: (write) => store.exportAudit(write),
    drawStatusIndexes: () => store.drawStatusIndexes(),
    issueNonce: (nonce) => store.issueNonce(nonce),
    takeRequestNonce: (nonce) => store.takeRequestNonce(nonce),
    noteIssuedToken: (token) => store.noteIssuedToken(token),
    sawProcesses: (host, agents) => store.sawProcesses(host, agents),
    noteSessionUse: (secretHash) => store.noteSessionUse(secretHash),
    sweep: () => store.sweep(),
    close: () => store.close(),
  }
}

function takenKey(): Result<never> {
  const detail = 'The Idempotency-Key was used, and its answer can not be given again.'
  return refuse('conflict', {}, [{ pointer: '', code: 'idempotency_key', detail }])
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('base64url')
}
