import { createAdmission } from '../../../src/admission/admit.ts'
import type { Admit } from '../../../src/admission/ports.ts'
import { type CertificateThumbprint, DEFAULT_TENANT } from '../../../src/domain/ids.ts'
import type { Facts } from '../../../src/domain/refusal.ts'
import type { Result } from '../../../src/domain/result.ts'
import type { Store } from '../../../src/store/ports.ts'
import { systemIds } from '../../../src/system.ts'
import type { KeyRing } from '../../../src/token/keyring.ts'
import { isAwaiting } from '../../../src/usecases/approvals/awaiting.ts'
import type { AgentCaller, PersonCaller } from '../../../src/usecases/caller.ts'
import { Catalog } from '../../../src/usecases/catalog/catalog.ts'
import { EventStreams } from '../../../src/usecases/event-streams.ts'
import { RevocationFeed } from '../../../src/usecases/feed/revocation-feed.ts'
import { refusalRecorder } from '../../../src/usecases/tokens/redeem-token.ts'
import type { SignedToken } from '../../../src/usecases/tokens/sign-claims.ts'
import type { World } from '../../../src/usecases/world.ts'
import { testVault } from '../../support/credentials.ts'
import { TRUST_DOMAIN } from '../../support/pki.ts'
import type { Asker } from '../model/standing.ts'
import type { Verdict } from '../model/state.ts'
import { GATE, uriOf } from './cast.ts'
import { ISSUER, type Material } from './material.ts'
import type { Place } from './place.ts'

/** The real thing: the use-cases over a real store, with the tokens it gave out. */
export class Authority {
  readonly place: Place
  readonly material: Material
  /** As they were signed, in the order of the model's tokens. */
  readonly signed: SignedToken[] = []
  #world: World
  #ring = 0

  private constructor(place: Place, material: Material, store: Store) {
    this.place = place
    this.material = material
    this.#world = this.#over(store)
  }

  /** Opens the store of a fresh place. */
  static async open(place: Place, material: Material): Promise<Authority> {
    return new Authority(place, material, await place.open())
  }

  get world(): World {
    return this.#world
  }

  /** The key that signs now. */
  get kid(): string {
    return this.#signing().active('token').kid
  }

  /** Closes everything and starts again on the same data. */
  async restart(): Promise<void> {
    await this.#world.store.close()
    this.#world = this.#over(await this.place.open())
  }

  /** The other key signs from now on; both verify. */
  changeKey(): void {
    this.#ring = 1 - this.#ring
    this.#world = this.#over(this.#world.store)
  }

  /** Admission at one resource, over the store, as in a gateway process. */
  admission(audience: string): Admit {
    const { store, keys } = this.#world
    const recorder = refusalRecorder(store)
    const common = { tenant: DEFAULT_TENANT, issuer: ISSUER, audience }
    return createAdmission({ ...common, keys, clock: store, redeemer: store, recorder })
  }

  close(): Promise<void> {
    return this.#world.store.close()
  }

  #signing(): KeyRing {
    return this.material.rings[this.#ring === 0 ? 0 : 1]
  }

  #over(store: Store): World {
    const { ca, appraise, rings, webhooks } = this.material
    const signing = this.#signing()
    const verification: KeyRing['verification'] = (kid) =>
      rings[0].verification(kid) ?? rings[1].verification(kid)
    const keys: KeyRing = { ...signing, verification }
    const { clock } = this.place
    const feed = new RevocationFeed({ issuer: ISSUER, store, keys, clock, failed: () => {} })
    const names = { issuer: ISSUER, trustDomain: TRUST_DOMAIN, ids: systemIds }
    const vault = testVault(store, this.material.master)
    const approvals = { seconds: 300, quorum: 1 }
    const streams = new EventStreams()
    const told = { feed, webhooks, streams, catalog: new Catalog() }
    return { ...names, ...told, store, keys, ca, clock, appraise, vault, approvals }
  }
}

/** An agent or enforcement point as a caller. */
export function agentCaller(asker: Asker): AgentCaller {
  return {
    kind: asker.name === GATE ? 'enforcement' : 'agent',
    tenant: DEFAULT_TENANT,
    request: systemIds.request(),
    uri: uriOf(asker.name),
    certificate: asker.certificate as CertificateThumbprint,
  }
}

/** A person as a caller. */
export function personCaller(kind: PersonCaller['kind'], name = 'alice'): PersonCaller {
  return { kind, tenant: DEFAULT_TENANT, request: systemIds.request(), name }
}

/** How much may be asked of a person is not in the model: too much is told as asked. */
export function isTooMuchAsked({ limit }: Facts): boolean {
  return limit === 'pending_of_agent' || limit === 'pending_of_root' || limit === 'per_minute'
}

/** What a result says, in the words of the model. */
export function verdictOf(result: Result<unknown>): Verdict {
  if (!result.ok)
    return isTooMuchAsked(result.refusal.facts) ? 'approval_required' : result.refusal.code
  return isAwaiting(result.value) ? 'approval_required' : 'allowed'
}
