import fc from 'fast-check'
import { accept } from '../../../src/domain/result.ts'
import { epochSeconds } from '../../../src/domain/time.ts'
import { liftSuspension } from '../../../src/usecases/revocations/revoke.ts'
import { agree } from '../agree.ts'
import { sweep as forget } from '../model/revocation-rules.ts'
import { note, type Prediction } from '../model/state.ts'
import { personCaller } from '../real/authority.ts'
import { stepsOf, words } from './kind.ts'

const NOTHING: Prediction = { verdict: 'allowed', event: undefined }
const STEPS = { some: [1, 20], token: [40, 80], lease: [250, 700], hour: [3_000, 4_000] } as const

/** The clock moves on, and something is decided then, so that the store has seen the moment. */
export const tick = stepsOf({
  name: 'tick',
  draw: fc.record({
    size: words({ some: 24, token: 6, lease: 3, hour: 1, months: 1 }),
    part: fc.nat(100),
  }),
  choose(_, { size, part }) {
    if (size === 'months') return { seconds: 32 * 24 * 60 * 60 }
    const [low, high] = STEPS[size]
    return { seconds: low + Math.floor(((high - low) * part) / 100) }
  },
  predict: () => NOTHING,
  async act({ place, world }, { seconds }) {
    place.clock.at = epochSeconds(place.clock.at + seconds)
    const subject = 'principal:nobody'
    const looked = await liftSuspension(world, personCaller('owner'), { subject })
    return looked.ok ? looked : accept(undefined)
  },
  apply(model, _, { authority }) {
    note(model, { verdict: 'not_found', event: 'revocation.lifted' })
    model.now = Math.max(model.now, authority.place.clock.at)
  },
})

/** The clock of the process steps back. §8: "time never runs backwards". */
export const stepBack = stepsOf({
  name: 'step back',
  draw: fc.integer({ min: 1, max: 1_000 }),
  choose: (_, seconds) => ({ seconds }),
  predict: () => NOTHING,
  async act({ place }, { seconds }) {
    place.clock.at = epochSeconds(place.clock.at - seconds)
    return accept(undefined)
  },
})

/** The process ends and starts again on the same data. */
export const restart = stepsOf({
  name: 'restart',
  draw: fc.constant({}),
  choose: () => ({}),
  predict: () => NOTHING,
  async act(authority) {
    await authority.restart()
    return accept(undefined)
  },
})

/** What can no longer matter is removed. */
export const sweep = stepsOf({
  name: 'sweep',
  draw: fc.constant({}),
  choose: () => ({}),
  predict: () => NOTHING,
  async act({ world }) {
    await world.store.sweep()
    return accept(undefined)
  },
  apply(model) {
    forget(model)
  },
})

/** All rows are held against the model in the middle of a run. */
export const look = stepsOf({
  name: 'look',
  draw: fc.constant({}),
  choose: (model) => ({ model }),
  predict: () => NOTHING,
  async act(authority, { model }) {
    await agree(model, authority)
    return accept(undefined)
  },
})
