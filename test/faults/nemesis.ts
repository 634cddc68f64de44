import { setTimeout as delay } from 'node:timers/promises'
import { between, pick } from './random.ts'
import type { WritProcess } from './writ-process.ts'

/** What was done to a deployment, and survived. */
export type FaultCounts = Readonly<Record<FaultKind, number>>
export type FaultKind = 'kills' | 'pauses' | 'cuts' | 'failovers'

/** Faults beside those of processes; each takes its time and leaves everything well. */
export type MoreFaults = Readonly<Partial<Record<'cuts' | 'failovers', () => Promise<void>>>>

/** Of a hundred requests so many still go to a process that is paused; the rest route around. */
const TO_PAUSED = 10
const PAUSE_MS = { from: 100, to: 3_000 }
/** How often each kind comes, in shares. */
const SHARES: Readonly<Record<FaultKind, number>> = { kills: 3, pauses: 4, cuts: 6, failovers: 1 }

/** How the dice fall, and how long nothing is broken between two faults. */
export interface NemesisTerms {
  readonly random: () => number
  readonly calmMs: { readonly from: number; readonly to: number }
  readonly more?: MoreFaults
}

/**
 * Breaks one thing after the other, as the dice say, each kind once before any comes again by
 * chance. `up` tells clients whom they may ask; a paused process is asked seldom, so that clients
 * do not all wait for the same one.
 */
export class Nemesis {
  readonly counts: Record<FaultKind, number> = { kills: 0, pauses: 0, cuts: 0, failovers: 0 }
  readonly #processes: readonly WritProcess[]
  readonly #random: () => number
  readonly #terms: NemesisTerms
  readonly #more: MoreFaults
  readonly #down = new Set<number>()
  readonly #paused = new Set<number>()
  #over = false

  constructor(processes: readonly WritProcess[], terms: NemesisTerms) {
    this.#processes = processes
    this.#terms = terms
    this.#random = terms.random
    this.#more = terms.more ?? {}
  }

  readonly up = (): readonly number[] => {
    const running = [...this.#processes.keys()].filter((at) => !this.#down.has(at))
    if (this.#paused.size === 0 || this.#random() * 100 < TO_PAUSED) return running
    return running.filter((at) => !this.#paused.has(at))
  }

  /** Until `end`, and at least once each kind. */
  async run(): Promise<void> {
    const first = this.#kinds()
    const { from, to } = this.#terms.calmMs
    while (!this.#over || first.length > 0) {
      await delay(between(this.#random, from, to))
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
      else await this.#pause(at, process)
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

  async #pause(at: number, process: WritProcess): Promise<void> {
    this.#paused.add(at)
    process.stop()
    try {
      await delay(between(this.#random, PAUSE_MS.from, PAUSE_MS.to))
    } finally {
      process.go()
      this.#paused.delete(at)
    }
  }
}
