import { setTimeout as delay } from 'node:timers/promises'
import { between, pick } from './random.ts'
import type { WritProcess } from './writ-process.ts'

/** What was done to a deployment, and survived. */
export type FaultCounts = Readonly<Record<FaultKind, number>>
export type FaultKind = 'kills' | 'pauses' | 'cuts' | 'failovers'

/** Faults beside those of processes; each takes its time and leaves everything well. */
export type MoreFaults = Readonly<Partial<Record<'cuts' | 'failovers', () => Promise<void>>>>

/** Between two faults. */
const CALM_MS = { from: 200, to: 1_500 }
const PAUSE_MS = { from: 100, to: 3_000 }
/** How often each kind comes, in shares. */
const SHARES: Readonly<Record<FaultKind, number>> = { kills: 3, pauses: 4, cuts: 6, failovers: 1 }

/**
 * Breaks one thing after the other, as the dice say, each kind once before any comes again by
 * chance. `up` tells clients whom they may ask; a paused process counts as up.
 */
export class Nemesis {
  readonly counts: Record<FaultKind, number> = { kills: 0, pauses: 0, cuts: 0, failovers: 0 }
  readonly #processes: readonly WritProcess[]
  readonly #random: () => number
  readonly #more: MoreFaults
  readonly #down = new Set<number>()
  #over = false

  constructor(processes: readonly WritProcess[], random: () => number, more: MoreFaults = {}) {
    this.#processes = processes
    this.#random = random
    this.#more = more
  }

  readonly up = (): readonly number[] =>
    [...this.#processes.keys()].filter((at) => !this.#down.has(at))

  /** Until `end`, and at least once each kind. */
  async run(): Promise<void> {
    const first = this.#kinds()
    while (!this.#over || first.length > 0) {
      await delay(between(this.#random, CALM_MS.from, CALM_MS.to))
      await this.#strike(first.shift() ?? this.#draw())
    }
  }

  end(): void {
    this.#over = true
  }

  #kinds(): FaultKind[] {
    const kinds: FaultKind[] = ['pauses', 'kills']
    if (this.#more.cuts !== undefined) kinds.push('cuts')
    if (this.#more.failovers !== undefined) kinds.push('failovers')
    return kinds
  }

  #draw(): FaultKind {
    const urn = this.#kinds().flatMap((kind) => Array<FaultKind>(SHARES[kind]).fill(kind))
    return pick(this.#random, urn) ?? 'pauses'
  }

  async #strike(kind: FaultKind): Promise<void> {
    if (kind === 'kills' || kind === 'pauses') {
      const at = between(this.#random, 0, this.#processes.length - 1)
      const process = this.#processes[at]
      if (process === undefined) return
      if (kind === 'kills') await this.#kill(at, process)
      else await this.#pause(process)
    } else {
      await this.#more[kind]?.()
    }
    this.counts[kind] += 1
  }

  async #kill(at: number, process: WritProcess): Promise<void> {
    this.#down.add(at)
    await process.kill()
    await process.restart()
    this.#down.delete(at)
  }

  async #pause(process: WritProcess): Promise<void> {
    process.stop()
    try {
      await delay(between(this.#random, PAUSE_MS.from, PAUSE_MS.to))
    } finally {
      process.go()
    }
  }
}
