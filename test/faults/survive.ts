import { type Client, Unreachable } from '../../src/client/client.ts'
import { mint, openLease, present } from './calls.ts'
import { type Deployment, deploy, type Member } from './deployment.ts'

/** What a run under kills came to. Every list of violations has to be empty. */
export interface Survival {
  readonly kills: number
  /** Presentations that were answered, and those whose answer was lost with the process. */
  readonly answered: number
  readonly lost: number
  readonly spends: number
  readonly revocations: number
  readonly violations: {
    /** Paths that reached the upstream more than once: a token was spent twice. */
    readonly spentTwice: readonly string[]
    /** Tokens whose spending was acknowledged and that were accepted again after a crash. */
    readonly spendLost: readonly string[]
    /** Leases whose revocation was acknowledged and that gave out a token after a crash. */
    readonly revocationLost: readonly string[]
    /** The audit trail after the last crash, when it does not hold together. */
    readonly audit: readonly string[]
  }
}

/** Tokens of one life; the kill comes after a random number of answers below it. */
const TOKENS_A_LIFE = 192
/** However slow the machine is, a life ends by then. */
const LIFE_MS_MAX = 5_000
/** Few, so that a life goes into calls and not into handshakes. */
const CONNECTIONS = 8
/** Acknowledged spends presented again after a crash: the newest, which a crash would lose first. */
const PRESENTED_AGAIN = 32

/** A small generator (mulberry32), so that a seed names a run. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/**
 * Kills the authority `kills` times at random moments under load, each time on the same store, and
 * holds what it had acknowledged against what it says after the restart.
 */
export async function survive(terms: {
  readonly kills: number
  readonly seed: number
  readonly progress?: (kill: number) => void
}): Promise<Survival> {
  const random = seeded(terms.seed)
  const deployment = await deploy({ gateways: 0 })
  try {
    const worker = await deployment.enroll('worker', CONNECTIONS)
    const run = new Run(deployment, worker)
    for (let kill = 1; kill <= terms.kills; kill += 1) {
      await run.life(random)
      await run.holdToItsWord()
      terms.progress?.(kill)
    }
    return await run.result(terms.kills)
  } finally {
    await deployment.end()
  }
}

class Run {
  readonly #deployment: Deployment
  readonly #worker: Member
  readonly #revoked: string[] = []
  readonly #spendLost: string[] = []
  readonly #revocationLost: string[] = []
  #spent: { token: string; path: string }[] = []
  #counts = { answered: 0, lost: 0, spends: 0, revocations: 0 }
  #calls = 0

  constructor(deployment: Deployment, worker: Member) {
    this.#deployment = deployment
    this.#worker = worker
  }

  /** One life of the process: load, and a kill in the middle of it. */
  async life(random: () => number): Promise<void> {
    const lease = await openLease(this.#worker, this.#deployment.scope)
    const doomed = await openLease(this.#worker, this.#deployment.scope)
    const tokens: string[] = []
    while (tokens.length < TOKENS_A_LIFE) tokens.push(...(await mint(this.#worker, lease, 64)))
    this.#spent = []
    const life = { over: false, answers: 0, end: Math.floor(random() * TOKENS_A_LIFE) }
    const lanes = Array.from({ length: CONNECTIONS }, async () => {
      for (let token = tokens.pop(); token !== undefined; token = tokens.pop()) {
        if (life.over) return
        life.answers += await this.#call(token)
      }
    })
    const load = Promise.all([...lanes, this.#revoke(doomed, () => life.answers > life.end / 2)])
    const deadline = performance.now() + LIFE_MS_MAX
    while (life.answers < life.end && performance.now() < deadline) await pause(1)
    life.over = true
    await this.#deployment.crash()
    await load
  }

  /** Presents again what was acknowledged as spent, and asks for tokens of what was revoked. */
  async holdToItsWord(): Promise<void> {
    const gateway = this.#deployment.gateways[0] ?? ''
    for (const { token, path } of this.#spent.slice(-PRESENTED_AGAIN)) {
      const outcome = await present(this.#worker, gateway, token, path)
      if (outcome === 'spent') this.#spendLost.push(path)
    }
    const last = this.#revoked[this.#revoked.length - 1]
    if (last === undefined) return
    const given = await mint(this.#worker, last, 1).catch(() => [])
    if (given.length > 0) this.#revocationLost.push(last)
  }

  async result(kills: number): Promise<Survival> {
    const { owner, reached } = this.#deployment
    const path = '/v1/audit/verify'
    const audit = await owner.call<{ whole: boolean }>({ method: 'GET', path })
    const whole = audit.ok && audit.value.whole
    const spentTwice = [...reached].filter(([, times]) => times > 1).map(([at]) => at)
    return {
      kills,
      ...this.#counts,
      violations: {
        spentTwice,
        spendLost: this.#spendLost,
        revocationLost: this.#revocationLost,
        audit: whole ? [] : [JSON.stringify(audit)],
      },
    }
  }

  /** Two presentations of one token on one path, as a client that retries would make them. */
  async #call(token: string): Promise<number> {
    const gateway = this.#deployment.gateways[0] ?? ''
    this.#calls += 1
    const path = `/kill/${this.#calls}`
    const outcomes = await Promise.all([
      present(this.#worker, gateway, token, path),
      present(this.#worker, gateway, token, path),
    ])
    for (const outcome of outcomes) {
      if (outcome === 'unknown') this.#counts.lost += 1
      else this.#counts.answered += 1
      if (outcome !== 'spent') continue
      this.#counts.spends += 1
      this.#spent.push({ token, path })
    }
    return outcomes.filter((outcome) => outcome !== 'unknown').length
  }

  /** Revokes in the middle of a life, so that a kill may come before, within or after it. */
  async #revoke(lease: string, isDue: () => boolean): Promise<void> {
    const deadline = performance.now() + LIFE_MS_MAX
    while (!isDue() && performance.now() < deadline) await pause(1)
    const path = `/v1/leases/${lease}/revoke`
    const { owner }: { owner: Client } = this.#deployment
    try {
      const revoked = await owner.call({ method: 'POST', path, body: { reason: 'test' } })
      if (!revoked.ok) throw new Error(JSON.stringify(revoked.problem))
      this.#revoked.push(lease)
      this.#counts.revocations += 1
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error
    }
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms)
  })
}
