import { describe, expect, it } from 'vitest'
import { boundOf, countsBetween, readCounts } from '../../src/console/charts/latency.ts'
import { createMetrics } from '../../src/metrics.ts'

function text(rows: readonly (readonly [string, string, number])[]): string {
  return rows
    .map(([le, route, n]) => `writ_http_request_seconds_bucket{le="${le}",route="${route}"} ${n}`)
    .join('\n')
}

describe('latency from the metrics', () => {
  it('is read from what the process tells, without streams', async () => {
    const metrics = createMetrics()
    metrics.httpRequest('api', '/v1/leases', 200, 0.002)
    metrics.httpRequest('api', '/v1/audit/stream', 200, 60)
    const counts = readCounts(await metrics.text())
    expect(counts.get(Number.POSITIVE_INFINITY)).toBe(1)
    expect(boundOf(counts, 0.95)).toBe(0.0025)
  })

  it('counts between two readings, over all routes', () => {
    const before = readCounts(
      text([
        ['0.01', '/a', 5],
        ['+Inf', '/a', 5],
      ]),
    )
    const after = readCounts(
      text([
        ['0.01', '/a', 5],
        ['0.1', '/b', 9],
        ['+Inf', '/a', 5],
        ['+Inf', '/b', 10],
      ]),
    )
    const counts = countsBetween(before, after)
    expect(boundOf(counts, 0.5)).toBe(0.1)
    expect(boundOf(counts, 0.95)).toBe(Number.POSITIVE_INFINITY)
    expect(boundOf(countsBetween(after, after), 0.5)).toBeUndefined()
  })
})
