import { countedText, type HotRate, type WantedRate } from '../redeem/redeem-rates.ts'
import type { Session } from './session.ts'

const MAKE_LEASES = `insert into lease_rates (root_id, id, per_seconds, tenant, counted)
  select w.root_id, w.id, w.per_seconds, w.tenant, '[]'
  from unnest($1::text[], $2::text[], $3::integer[], $4::text[])
    as w (root_id, id, per_seconds, tenant)
  order by w.root_id, w.id, w.per_seconds on conflict (root_id, id, per_seconds) do nothing`
const LOCK_LEASES = `select id, per_seconds, counted from lease_rates
  where (root_id, id, per_seconds) in
    (select * from unnest($1::text[], $2::text[], $3::integer[]))
  order by root_id, id, per_seconds for update of lease_rates`
const COUNT_LEASES = `update lease_rates set counted = w.counted
  from unnest($1::text[], $2::text[], $3::integer[], $4::text[])
    as w (root_id, id, per_seconds, counted)
  where lease_rates.root_id = w.root_id and lease_rates.id = w.id
    and lease_rates.per_seconds = w.per_seconds`
const MAKE_AGENTS = `insert into agent_rates (tenant, uri, per_seconds, counted)
  select w.tenant, w.uri, w.per_seconds, '[]'
  from unnest($1::text[], $2::text[], $3::integer[]) as w (tenant, uri, per_seconds)
  order by w.tenant, w.uri, w.per_seconds on conflict (tenant, uri, per_seconds) do nothing`
const LOCK_AGENTS = `select uri as id, per_seconds, counted from agent_rates
  where (tenant, uri, per_seconds) in
    (select * from unnest($1::text[], $2::text[], $3::integer[]))
  order by tenant, uri, per_seconds for update of agent_rates`
const COUNT_AGENTS = `update agent_rates set counted = w.counted
  from unnest($1::text[], $2::text[], $3::integer[], $4::text[])
    as w (tenant, uri, per_seconds, counted)
  where agent_rates.tenant = w.tenant and agent_rates.uri = w.uri
    and agent_rates.per_seconds = w.per_seconds`

type Owned = readonly [owner: string, id: string, perSeconds: number]

interface StoredRate {
  readonly id: string
  readonly per_seconds: number
  readonly counted: string
}

/**
 * The statements about rates of the hot path, for a transaction that redeems below one root of one
 * tenant (I5). Rows are made and locked in the order of their keys, leases before agents: agents
 * are the only rows that transactions of other roots lock too, and nothing is locked after them, so
 * no two wait for each other in a circle. Not one statement is run where nothing has a rate.
 */
export class RateRows {
  readonly #session: Session

  constructor(session: Session) {
    this.#session = session
  }

  /** I11: locks the rates until the commit; answers how to find what is stored of each. */
  async lock(wanted: readonly WantedRate[]): Promise<(rate: WantedRate) => string | undefined> {
    const { leases, agents } = byOwner(wanted)
    const ofLeases = await this.#lockLeases(leases)
    const ofAgents = await this.#lockAgents(agents)
    return ({ owner, perSeconds }) => {
      const found = owner.kind === 'lease' ? ofLeases : ofAgents
      return found.find((row) => row.id === owner.id && row.per_seconds === perSeconds)?.counted
    }
  }

  /** I11: one write for each rate of the batch. */
  async write(rates: readonly HotRate[]): Promise<void> {
    const { leases, agents } = byOwner(rates)
    if (leases.length > 0) await this.#write(COUNT_LEASES, leases)
    if (agents.length > 0) await this.#write(COUNT_AGENTS, agents)
  }

  async #lockLeases(rates: readonly WantedRate[]): Promise<readonly StoredRate[]> {
    if (rates.length === 0) return []
    const keys = columnsOf(rates.map(keyOf))
    await this.#session.query(MAKE_LEASES, [...keys, rates.map(({ tenant }) => tenant)])
    return this.#session.query<StoredRate>(LOCK_LEASES, keys)
  }

  async #lockAgents(rates: readonly WantedRate[]): Promise<readonly StoredRate[]> {
    if (rates.length === 0) return []
    const keys = columnsOf(rates.map(keyOf))
    await this.#session.query(MAKE_AGENTS, keys)
    return this.#session.query<StoredRate>(LOCK_AGENTS, keys)
  }

  async #write(text: string, rates: readonly HotRate[]): Promise<void> {
    await this.#session.query(text, [...columnsOf(rates.map(keyOf)), rates.map(countedText)])
  }
}

function byOwner<Rate extends WantedRate>(rates: readonly Rate[]) {
  return {
    leases: rates.filter(({ owner }) => owner.kind === 'lease'),
    agents: rates.filter(({ owner }) => owner.kind === 'agent'),
  }
}

function keyOf({ owner, tenant, perSeconds }: WantedRate): Owned {
  return [owner.kind === 'lease' ? owner.root : tenant, owner.id, perSeconds]
}

function columnsOf(keys: readonly Owned[]): readonly unknown[] {
  return [0, 1, 2].map((at) => keys.map((key) => key[at]))
}
