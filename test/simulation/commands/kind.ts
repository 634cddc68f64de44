import { inspect, isDeepStrictEqual } from 'node:util'
import fc, { type Arbitrary, type AsyncCommand } from 'fast-check'
import type { Result } from '../../../src/domain/result.ts'
import { type Awaiting, isAwaiting } from '../../../src/usecases/approvals/awaiting.ts'
import { type Model, note, type Prediction } from '../model/state.ts'
import { type Authority, verdictOf } from '../real/authority.ts'
import type { Tally } from '../tally.ts'

/** The real world of one run, and where all runs are counted. */
export interface Real {
  readonly authority: Authority
  readonly tally: Tally
}

/** A command that fast-check may draw. */
export type Step = AsyncCommand<Model, Real>

/** A kind of command: drawn as numbers, aimed at the model as it is then. */
export interface Kind<Draw, Chosen, Predicted extends Prediction, Value> {
  readonly name: string
  readonly draw: Arbitrary<Draw>
  /** What to do; undefined when there is nothing to do it to. */
  choose(model: Model, draw: Draw): Chosen | undefined
  /** What the rules say, before it is done. */
  predict(model: Model, chosen: Chosen): Predicted
  act(authority: Authority, chosen: Chosen): Promise<Result<Value | Awaiting>>
  /** What it changes in the model when it was allowed; throws where the answer is not as ruled. */
  apply?(
    model: Model,
    chosen: Chosen,
    told: { predicted: Predicted; value: Value; authority: Authority },
  ): void
}

/** Commands of a kind: predicted, done, compared, noted, applied. */
export function stepsOf<Draw, Chosen, Predicted extends Prediction, Value>(
  kind: Kind<Draw, Chosen, Predicted, Value>,
): Arbitrary<Step> {
  return kind.draw.map((draw) => {
    let told = ''
    return {
      check: (model) => model.ran < model.most && kind.choose(model, draw) !== undefined,
      async run(model, { authority, tally }) {
        const chosen = kind.choose(model, draw)
        if (chosen === undefined) throw new Error('was checked')
        model.ran += 1
        told = ` ${JSON.stringify(chosen)}`
        const predicted = kind.predict(model, chosen)
        const result = await kind.act(authority, chosen)
        same(`${kind.name}${told}`, verdictOf(result), predicted.verdict)
        tally.count(kind.name, predicted.verdict)
        note(model, predicted)
        if (!result.ok || isAwaiting(result.value)) return
        kind.apply?.(model, chosen, { predicted, value: result.value, authority })
      },
      toString: () => `${kind.name}${told}`,
    }
  })
}

const INSPECT = { depth: 5, breakLength: Number.POSITIVE_INFINITY, sorted: true }

/** Throws unless Writ says what the model says. */
export function same(what: string, real: unknown, model: unknown): void {
  if (isDeepStrictEqual(real, model)) return
  const [said, ruled] = [real, model].map((value) => inspect(value, INSPECT))
  throw new Error(`${what}: the model says ${ruled}, Writ says ${said}`)
}

/** One of a list, by a number that was drawn. */
export function pick<T>(list: readonly T[], drawn: number): T | undefined {
  return list.length === 0 ? undefined : list[drawn % list.length]
}

/** A word out of some, in the given proportions. */
export function words<const Word extends string>(
  weights: Readonly<Record<Word, number>>,
): Arbitrary<Word> {
  const entries = Object.entries(weights) as [Word, number][]
  return fc.oneof(...entries.map(([word, weight]) => ({ arbitrary: fc.constant(word), weight })))
}
