import { Session } from 'node:inspector/promises'

/**
 * Lets a parent take a processor profile of this process with the messages `{profile: 'start'}` and
 * `{profile: 'stop'}`; the second is answered with the profile. What happens before the first, such
 * as loading modules, is not in it.
 */
export function answerProfiler(): void {
  const session = new Session()
  session.connect()
  process.on('message', async ({ profile }: { profile?: 'start' | 'stop' }) => {
    if (profile === 'start') {
      await session.post('Profiler.enable')
      await session.post('Profiler.setSamplingInterval', { interval: 250 })
      await session.post('Profiler.start')
      process.send?.({ started: true })
    }
    if (profile === 'stop') process.send?.(await session.post('Profiler.stop'))
  })
}
