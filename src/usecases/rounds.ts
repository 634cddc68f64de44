/** One round of recurring work, however often it is asked for: never two at once. */
export class Rounds {
  readonly #round: () => Promise<void>
  readonly #failed: (fault: unknown) => void
  #underWay: Promise<void> | undefined
  #closed = false

  constructor(round: () => Promise<void>, failed: (fault: unknown) => void) {
    this.#round = round
    this.#failed = failed
  }

  get closed(): boolean {
    return this.#closed
  }

  /** Joins the round that is under way, or begins one; none once closed. Never throws. */
  run(): Promise<void> {
    if (this.#closed) return Promise.resolve()
    this.#underWay ??= this.#round()
      .catch((fault) => this.#failed(fault))
      .finally(() => {
        this.#underWay = undefined
      })
    return this.#underWay
  }

  /** Begins none from now on, and waits for the one that is under way. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#underWay
  }
}
