import type { Verdict } from './model/state.ts'

/** How often each command came to what, over all runs. */
export class Tally {
  readonly #counts = new Map<string, Map<Verdict, number>>()

  count(command: string, verdict: Verdict): void {
    const verdicts = this.#counts.get(command) ?? new Map<Verdict, number>()
    this.#counts.set(command, verdicts)
    verdicts.set(verdict, (verdicts.get(verdict) ?? 0) + 1)
  }

  /** Commands that ran. */
  get commands(): number {
    return [...this.#counts.values()].reduce((sum, verdicts) => sum + total(verdicts), 0)
  }

  /** Of each command how often it ran, the share that was refused, and what it came to. */
  perCommand(): Record<string, { ran: number; refused: number; verdicts: Record<string, number> }> {
    return Object.fromEntries(
      [...this.#counts].map(([command, verdicts]) => {
        const ran = total(verdicts)
        const share = (ran - (verdicts.get('allowed') ?? 0)) / ran
        const refused = Math.round(share * 100) / 100
        return [command, { ran, refused, verdicts: Object.fromEntries([...verdicts].sort()) }]
      }),
    )
  }

  /** Every refusal that was told. */
  refusals(): readonly string[] {
    const seen = new Set([...this.#counts.values()].flatMap((verdicts) => [...verdicts.keys()]))
    return [...seen].filter((verdict) => verdict !== 'allowed').sort()
  }
}

function total(verdicts: ReadonlyMap<Verdict, number>): number {
  return [...verdicts.values()].reduce((sum, count) => sum + count, 0)
}
