import fc, { type Arbitrary } from 'fast-check'
import { agree } from './agree.ts'
import { certificate, changeKey, contract, enroll } from './commands/agent-commands.ts'
import { settle } from './commands/budget-commands.ts'
import { accept, delegate } from './commands/delegation-commands.ts'
import type { Step } from './commands/kind.ts'
import { open, prolong, release } from './commands/lease-commands.ts'
import { race, revokeInTheMiddle } from './commands/race-commands.ts'
import { end, lift, revoke, suspend } from './commands/stop-commands.ts'
import { look, restart, stepBack, sweep, tick } from './commands/time-commands.ts'
import { mint, receipt, spend } from './commands/token-commands.ts'
import { enrolled } from './enrolled.ts'
import { holdInvariants } from './invariants.ts'
import { Authority } from './real/authority.ts'
import { type Material, makeMaterial } from './real/material.ts'
import type { Place, Places } from './real/place.ts'
import { Tally } from './tally.ts'

/** How often each kind is drawn. */
const MIX: readonly (readonly [number, Arbitrary<Step>])[] = [
  [7, open],
  [14, delegate],
  [16, accept],
  [14, mint],
  [26, spend],
  [4, race],
  [1, revokeInTheMiddle],
  [3, receipt],
  [4, settle],
  [6, prolong],
  [2, release],
  [2, revoke],
  [1, end],
  [3, suspend],
  [5, lift],
  [4, contract],
  [2, certificate],
  [1, enroll],
  [1, changeKey],
  [8, tick],
  [2, stepBack],
  [1, restart],
  [2, sweep],
  [1, look],
]

/** Drawn for each that is run: what there is nothing to do to is left out. */
const DRAWN = 3

/** What a simulation is asked for. */
export interface SimulationTerms {
  readonly places: Places
  readonly runs: number
  readonly commands: number
  readonly seed: number
  /** Starts at a counterexample that an earlier simulation told. */
  readonly path?: string | undefined
  /** Whether a counterexample is made as short as it gets; true when it is left out. */
  readonly shrink?: boolean
  readonly progress?: (run: number) => void
}

/** What a simulation came to; `counterexample` tells the shortest run on which the two differ. */
export interface Simulation {
  readonly runs: number
  readonly commands: number
  readonly divergences: number
  readonly seed: number
  readonly perCommand: ReturnType<Tally['perCommand']>
  readonly refusals: readonly string[]
  readonly counterexample: string | null
}

/** Runs drawn sequences of commands on Writ and on the model, a fresh store for each. */
export async function simulate(terms: SimulationTerms): Promise<Simulation> {
  const material = await makeMaterial()
  const tally = new Tally()
  let runs = 0
  const steps = fc.oneof(...MIX.map(([weight, arbitrary]) => ({ weight, arbitrary })))
  const sequences = fc.commands([steps], { maxCommands: terms.commands * DRAWN, size: 'max' })
  const property = fc.asyncProperty(sequences, async (sequence) => {
    await runOnce(await terms.places.fresh(), { material, tally, sequence, most: terms.commands })
    runs += 1
    terms.progress?.(runs)
  })
  try {
    const checked = await fc.check(property, {
      numRuns: terms.runs,
      seed: terms.seed,
      unbiased: true,
      endOnFailure: terms.shrink === false,
      ...(terms.path === undefined ? {} : { path: terms.path }),
    })
    return {
      runs: checked.numRuns,
      commands: tally.commands,
      divergences: checked.failed ? 1 : 0,
      seed: terms.seed,
      perCommand: tally.perCommand(),
      refusals: tally.refusals(),
      counterexample: checked.failed ? tellFailure(checked) : null,
    }
  } finally {
    material.remove()
  }
}

async function runOnce(
  place: Place,
  run: {
    readonly material: Material
    readonly tally: Tally
    readonly sequence: Iterable<Step>
    readonly most: number
  },
): Promise<void> {
  const { material, tally, sequence } = run
  const authority = await Authority.open(place, material)
  try {
    const model = await enrolled(authority, run.most)
    await fc.asyncModelRun(() => ({ model, real: { authority, tally } }), sequence)
    await agree(model, authority)
    await holdInvariants(model, authority)
  } finally {
    await authority.close()
    await place.remove()
  }
}

/** The difference, and with which seed and path it comes again. */
function tellFailure(checked: fc.RunDetails<[Iterable<Step>]>): string {
  const difference = checked.errorInstance
  const told = difference instanceof Error ? difference.message : String(difference)
  return `${told}\n${fc.defaultReportMessage(checked) ?? ''}`
}
