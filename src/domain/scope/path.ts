import { scanPath } from './path-text.ts'

const STAR = 0x2a

/**
 * A path pattern: a canonical path whose segments are literals, `*` (exactly one segment that is
 * not empty), or at the end `**` (one segment or more, the last of which may be empty). A star is
 * never part of a segment; a literal star is written `%2A`.
 */
export function isPathPattern(text: string): boolean {
  if (scanPath(text, 0, text.length).fault !== undefined) return false
  for (let start = 1; start <= text.length; ) {
    const end = segmentEnd(text, start)
    const star = text.indexOf('*', start)
    if (star >= 0 && star < end) {
      const whole = end - start === 1 || (isDeep(text, start, end) && end === text.length)
      if (!whole) return false
    }
    start = end + 1
  }
  return true
}

/** Whether a pattern has a `%2F`, which needs the grant's `encoded_slash`. */
export function hasEncodedSlash(pattern: string): boolean {
  return pattern.includes('%2F')
}

/** Whether a canonical request path is one of those a pattern stands for. Linear, in place. */
export function pathMatches(pattern: string, path: string): boolean {
  let p = 1
  let q = 1
  for (;;) {
    const pEnd = segmentEnd(pattern, p)
    if (isDeep(pattern, p, pEnd)) return true
    const qEnd = segmentEnd(path, q)
    if (!segmentMatches(pattern, p, pEnd, path, q, qEnd)) return false
    if (pEnd === pattern.length || qEnd === path.length) {
      return pEnd === pattern.length && qEnd === path.length
    }
    p = pEnd + 1
    q = qEnd + 1
  }
}

/** Whether every path of `child` is one of `parent`; complete for two patterns. */
export function pathCovers(parent: string, child: string): boolean {
  // Below `**` lies everything, so that the parent has to end in `**` no later than the child.
  if (child.endsWith('/**') && !parent.endsWith('/**')) return false
  return pathMatches(parent, child)
}

/** The pattern of the paths that two patterns share, or undefined when they share none. */
export function pathMeet(a: string, b: string): string | undefined {
  const left = a.slice(1).split('/')
  const right = b.slice(1).split('/')
  const met: string[] = []
  for (let i = 0; ; i += 1) {
    const [l, r] = [left[i], right[i]]
    if (l === undefined || r === undefined) {
      return l === undefined && r === undefined ? `/${met.join('/')}` : undefined
    }
    if (l === '**') return `/${[...met, ...right.slice(i)].join('/')}`
    if (r === '**') return `/${[...met, ...left.slice(i)].join('/')}`
    const segment = segmentMeet(l, r)
    if (segment === undefined) return undefined
    met.push(segment)
  }
}

function segmentMeet(a: string, b: string): string | undefined {
  if (a === b) return a
  if (a === '*') return b === '' ? undefined : b
  return b === '*' && a !== '' ? a : undefined
}

function segmentEnd(text: string, start: number): number {
  const end = text.indexOf('/', start)
  return end < 0 ? text.length : end
}

function isDeep(text: string, start: number, end: number): boolean {
  return end - start === 2 && text.charCodeAt(start) === STAR && text.charCodeAt(start + 1) === STAR
}

/** A segment of a pattern against one of a path; ends and slashes are the caller's affair. */
function segmentMatches(
  pattern: string,
  p: number,
  pEnd: number,
  path: string,
  q: number,
  qEnd: number,
): boolean {
  if (pEnd - p === 1 && pattern.charCodeAt(p) === STAR) return qEnd > q
  if (pEnd - p !== qEnd - q) return false
  for (; p < pEnd; p += 1, q += 1) {
    if (pattern.charCodeAt(p) !== path.charCodeAt(q)) return false
  }
  return true
}
