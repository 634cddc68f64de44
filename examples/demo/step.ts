import { performance } from 'node:perf_hooks'

/** What one step came to. */
export interface StepReport {
  readonly name: string
  readonly ok: boolean
  readonly ms: number
  /** The code the service refused with, where a refusal is what the step expects. */
  readonly refusal?: string
  readonly detail?: string
}

/** Runs steps in order, times them, and keeps what they came to. */
export interface Steps {
  readonly reports: readonly StepReport[]
  /** A step that has to succeed; what `work` answers is shown as its detail. */
  does(name: string, work: () => Promise<string | undefined>): Promise<void>
  /** A step that has to be refused with exactly this code. */
  refuses(
    name: string,
    refusal: string,
    work: () => Promise<{ readonly refusal: string | undefined; readonly detail?: string }>,
  ): Promise<void>
}

/** A step that did not hold; the story ends there, since later steps build on it. */
export class StepFailed extends Error {
  override readonly name = 'StepFailed'
}

/** `tell` is called once for each step as it ends. */
export function createSteps(tell: (report: StepReport) => void): Steps {
  const reports: StepReport[] = []

  async function run(
    name: string,
    refusal: string | undefined,
    work: () => Promise<string | undefined>,
  ): Promise<void> {
    const start = performance.now()
    const outcome = await work().then(
      (detail) => ({ ok: true, detail }),
      (error: unknown) => ({ ok: false, detail: String(error) }),
    )
    const ms = Math.round((performance.now() - start) * 10) / 10
    const report: StepReport = {
      name,
      ok: outcome.ok,
      ms,
      ...(refusal === undefined ? {} : { refusal }),
      ...(outcome.detail === undefined ? {} : { detail: outcome.detail }),
    }
    reports.push(report)
    tell(report)
    if (!outcome.ok) throw new StepFailed(`${name}: ${outcome.detail}`)
  }

  return {
    reports,
    does: (name, work) => run(name, undefined, work),
    refuses: (name, refusal, work) =>
      run(name, refusal, async () => {
        const outcome = await work()
        expect(outcome.refusal === refusal, `refused with ${outcome.refusal}, not ${refusal}`)
        return outcome.detail
      }),
  }
}

/** Throws the sentence unless the condition holds. */
export function expect(condition: boolean, sentence: string): asserts condition {
  if (!condition) throw new Error(sentence)
}
