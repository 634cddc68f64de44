import { admissionFor } from '../../src/compose/calls.ts'
import { rate } from '../measure.ts'
import { signedPart, verifyInPool } from '../raw-verify.ts'
import { WIDTH } from '../rows/admission.ts'
import { redeeming } from '../rows/store.ts'
import { admitOne, openWorkshop, RESOURCE, signTokens } from '../stage.ts'
import { answerProfiler } from './profiler.ts'

/**
 * A workshop in a process of its own, so that its cores, threads and memory can be chosen and
 * measured from outside. Its parent may name the folders of a store that others use too.
 */
interface Setup {
  readonly dataDir?: string
  readonly keysDir?: string
}
interface Asked {
  readonly what: 'sign' | 'verify' | 'admit' | 'redeem'
  readonly count: number
}

process.once('message', async ({ dataDir, keysDir }: Setup) => {
  const flags = {
    ...(dataDir === undefined ? {} : { data_dir: dataDir }),
    ...(keysDir === undefined ? {} : { keys_dir: keysDir }),
  }
  const workshop = await openWorkshop(flags)
  const { stage, caller, leaf } = workshop
  const admit = admitOne(admissionFor(stage.world, RESOURCE), caller)
  let signed: readonly string[] = []
  process.on('message', async ({ what, count }: Partial<Asked>) => {
    if (what === undefined || count === undefined) return
    if (what === 'redeem') {
      const perSecond = await redeeming(workshop, count)
      globalThis.gc?.()
      process.send?.({ perSecond, rss: process.memoryUsage().rss })
      return
    }
    if (what === 'sign') {
      signed = await signTokens(stage, leaf, caller, count)
      process.send?.({ signed: count })
      return
    }
    const tokens = signed.length === count ? signed : await signTokens(stage, leaf, caller, count)
    signed = []
    process.send?.({
      perSecond:
        what === 'admit'
          ? await rate(tokens, WIDTH, admit)
          : await verifyInPool(stage, tokens.map(signedPart), WIDTH),
    })
  })
  process.send?.({ ready: true })
})
answerProfiler()
process.on('disconnect', () => process.exit(0))
