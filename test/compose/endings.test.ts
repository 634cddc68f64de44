import { describe, expect, it } from 'vitest'
import { createEndings } from '../../src/compose/process.ts'
import { DRAIN_DEADLINE_MS_MAX } from '../../src/domain/limits.ts'
import { readConfig } from '../../src/settings/config.ts'

describe('the endings of a process', () => {
  it('share one deadline, counted from the end of the notice, and the last is not left without', async () => {
    const endings = createEndings()
    const told: string[] = []
    const left: number[] = []
    endings.onDrain(() => void told.push('notice'))
    for (const name of ['opened first', 'opened last']) {
      endings.push(async () => {
        told.push(name)
        left.push(endings.graceMs())
        await new Promise((resolve) => setTimeout(resolve, 300))
      })
    }
    await endings.run({ noticeMs: 200, deadlineMs: 700 })
    expect(told).toEqual(['notice', 'opened last', 'opened first'])
    expect(left[0]).toBeGreaterThan(600)
    expect(left[1], 'half a second at least').toBe(500)
  })

  it('have a deadline that can not be set beyond what a run may be held up', () => {
    const read = (ms: number) => readConfig({ flags: { drain_deadline_ms: `${ms}` } }).ok
    expect([read(DRAIN_DEADLINE_MS_MAX), read(DRAIN_DEADLINE_MS_MAX + 1)]).toEqual([true, false])
  })
})
