import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { UNWATCHED_CALL_SECONDS } from '../../src/domain/limits.ts'
import { readRouteTable } from '../../src/gateway/route-table.ts'
import { freshness, stalenessOf } from '../../src/gateway/staleness.ts'

function routeWith(line: string) {
  const text = `[[route]]\nname = "a"\nupstream = "https://up.example"\nresource = "urn:a"\n${line}`
  const read = readRouteTable({ name: 'routes.toml', text })
  const route = read.ok ? read.routes.get('a') : undefined
  if (route === undefined) throw new Error('no route')
  return route
}

describe('what is known of revocations has an age', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }))
  afterEach(() => void vi.useRealTimers())

  it('where the authority decides, a call outlives news that stop by a few seconds', () => {
    let age = 0
    const isKnown = freshness(routeWith(''), () => age)
    vi.advanceTimersByTime(60_000)
    expect(isKnown(), 'news are heard').toBe(true)
    age = UNWATCHED_CALL_SECONDS + 0.1
    expect(isKnown(), 'news are not heard').toBe(false)
    const young = freshness(routeWith(''), () => Infinity)
    expect(young(), 'the authority knew all when it admitted').toBe(true)
    vi.advanceTimersByTime(UNWATCHED_CALL_SECONDS * 1_000)
    expect(young()).toBe(true)
    vi.advanceTimersByTime(1)
    expect(young()).toBe(false)
    expect(stalenessOf(routeWith(''), () => 7)).toBeUndefined()
  })

  it('on a detached route the route says how old it may be', () => {
    let age = 2
    const isKnown = freshness(routeWith('mode = "detached"\nmax_stale_seconds = 2'), () => age)
    expect(isKnown()).toBe(true)
    age = 2.01
    expect(isKnown()).toBe(false)
  })
})
