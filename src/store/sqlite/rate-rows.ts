import { countedText, type HotRate, type WantedRate } from '../redeem/redeem-rates.ts'
import type { SqliteConnection } from './connect.ts'

const OF_LEASE = `select counted from lease_rates
  where root_id = ? and id = ? and per_seconds = ?`
const OF_AGENT = 'select counted from agent_rates where tenant = ? and uri = ? and per_seconds = ?'
const COUNT_LEASE = `insert into lease_rates (root_id, id, per_seconds, tenant, counted)
  values (?, ?, ?, ?, ?)
  on conflict (root_id, id, per_seconds) do update set counted = excluded.counted`
const COUNT_AGENT = `insert into agent_rates (tenant, uri, per_seconds, counted)
  values (?, ?, ?, ?)
  on conflict (tenant, uri, per_seconds) do update set counted = excluded.counted`

/** The statements about rates of the hot path; not one is run where nothing has a rate. */
export class RateRows {
  readonly #connection: SqliteConnection

  constructor(connection: SqliteConnection) {
    this.#connection = connection
  }

  /** What is stored of a rate that was counted before. */
  counted({ owner, tenant, perSeconds }: WantedRate): string | undefined {
    const row =
      owner.kind === 'lease'
        ? this.#connection.prepare(OF_LEASE).get(owner.root, owner.id, perSeconds)
        : this.#connection.prepare(OF_AGENT).get(tenant, owner.id, perSeconds)
    return (row as { counted: string } | undefined)?.counted
  }

  /** I11: one write for each rate of the batch. */
  write(rate: HotRate): void {
    const { owner, tenant, perSeconds } = rate
    const text = countedText(rate)
    if (owner.kind === 'lease') {
      this.#connection.prepare(COUNT_LEASE).run(owner.root, owner.id, perSeconds, tenant, text)
    } else {
      this.#connection.prepare(COUNT_AGENT).run(tenant, owner.id, perSeconds, text)
    }
  }
}
