/** Requests by the bound of time they stayed within, as they were counted since the start. */
export type Counts = ReadonlyMap<number, number>

const BUCKET = /^writ_http_request_seconds_bucket\{le="([^"]+)",route="([^"]*)"\} (\d+)$/gm

/** Reads them from the text of `/metrics`. Streams are left out: they stay open on purpose. */
export function readCounts(text: string): Counts {
  const counts = new Map<number, number>()
  for (const [, bound = '', route = '', count] of text.matchAll(BUCKET)) {
    if (/stream|feed/.test(route)) continue
    const seconds = bound === '+Inf' ? Number.POSITIVE_INFINITY : Number(bound)
    counts.set(seconds, (counts.get(seconds) ?? 0) + Number(count))
  }
  return counts
}

/** What was counted between two readings. */
export function countsBetween(before: Counts, after: Counts): Counts {
  return new Map([...after].map(([bound, count]) => [bound, count - (before.get(bound) ?? 0)]))
}

/** The bound that a share of the requests stayed within; undefined when there were none. */
export function boundOf(counts: Counts, share: number): number | undefined {
  const all = counts.get(Number.POSITIVE_INFINITY) ?? 0
  if (all <= 0) return undefined
  const bounds = [...counts.keys()].sort((a, b) => a - b)
  return bounds.find((bound) => (counts.get(bound) ?? 0) >= share * all)
}
