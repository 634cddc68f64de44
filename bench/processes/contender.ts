import type { Contender, ContenderName, Job } from '../contenders/port.ts'
import { CONTENDERS } from '../contenders/port.ts'

/** Opens the contender its parent names and does its jobs when told; each in its own process. */
type Told =
  | { readonly open: ContenderName }
  | { readonly job: Job; readonly count: number }
  | { readonly end: true }

let contender: Contender | undefined

async function answer(told: Told): Promise<unknown> {
  if ('open' in told) {
    const file = `../contenders/${CONTENDERS[told.open]}.ts`
    const { open } = (await import(file)) as { open: (name: ContenderName) => Promise<Contender> }
    contender = await open(told.open)
    const { name, version, kind, traits, note, jobs } = contender
    const does = Object.entries(jobs).map(([job, work]) => [job, work.does])
    return { name, version, kind, traits, note, does: Object.fromEntries(does) }
  }
  if ('end' in told) {
    await contender?.end()
    return {}
  }
  const work = contender?.jobs[told.job]
  if (work === undefined) throw new Error(`no such job: ${told.job}`)
  await work.prepare?.(told.count)
  const started = performance.now()
  let left = told.count
  const lane = async (): Promise<void> => {
    while (left > 0) {
      left -= 1
      await work.once()
    }
  }
  await Promise.all(Array.from({ length: work.width }, lane))
  return { perSecond: told.count / ((performance.now() - started) / 1_000) }
}

process.on('message', (told: Told) => {
  answer(told).then(
    (said) => process.send?.(said as object),
    (fault: unknown) => process.send?.({ fault: fault instanceof Error ? fault.stack : fault }),
  )
})
process.on('disconnect', () => process.exit(0))
process.send?.({ ready: true })
