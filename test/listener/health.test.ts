import { describe, expect, it } from 'vitest'
import { createHealth } from '../../src/listener/health.ts'

const good = async () => ({ ok: true, detail: 'answers' })

describe('readiness', () => {
  it('holds when every check holds', async () => {
    expect(await createHealth({ store: good }).readiness()).toEqual({
      status: 'ready',
      checks: { store: { ok: true, detail: 'answers' }, process: { ok: true, detail: 'up' } },
    })
  })

  it('fails with any check, and keeps the words of an error to itself', async () => {
    const broken = async () => {
      throw new Error('at /secret/path')
    }
    const readiness = await createHealth({ store: good, keys: broken }).readiness()
    expect(readiness.status).toBe('not_ready')
    expect(readiness.checks['keys']).toEqual({ ok: false, detail: 'failed' })
  })

  it('fails when a check does not answer within a second', async () => {
    const silent = () => new Promise<never>(() => undefined)
    const readiness = await createHealth({ store: silent }).readiness()
    expect(readiness.checks['store']).toEqual({ ok: false, detail: 'no answer' })
  })

  it('ends when the process begins to', async () => {
    const health = createHealth({ store: good })
    health.drain()
    expect(await health.readiness()).toMatchObject({
      status: 'not_ready',
      checks: { process: { ok: false, detail: 'draining' } },
    })
  })
})
