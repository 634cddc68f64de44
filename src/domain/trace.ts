/** `traceparent` and `tracestate` of a request (W3C Trace Context), as they may be passed on. */
export interface TraceHeaders {
  readonly traceparent: string
  /** Absent where there was none, or none that is well formed. */
  readonly tracestate?: string
}

/** Version 00 alone: what a later one may add we can not judge, so it ends here. */
const TRACEPARENT = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/
const STATE_CHARACTERS_MAX = 512
const STATE_MEMBERS_MAX = 32
const STATE_MEMBER =
  /^[a-z0-9][a-z0-9_*/@-]{0,255}=[\x21-\x2b\x2d-\x3c\x3e-\x7e][\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}$/

/**
 * What a caller sent of a trace, or undefined when it is not exactly one: a made-up header goes no
 * further than us. The state is dropped alone when it is too long or malformed (§3.3.1.5).
 */
export function readTrace(
  traceparent: string | undefined,
  tracestate: string | undefined,
): TraceHeaders | undefined {
  if (traceparent === undefined || !TRACEPARENT.test(traceparent)) return undefined
  if (tracestate === undefined || !isState(tracestate)) return { traceparent }
  return { traceparent, tracestate }
}

/** The trace id, for logs. */
export function traceIdOf(trace: TraceHeaders | undefined): string | undefined {
  return trace?.traceparent.slice(3, 35)
}

function isState(text: string): boolean {
  if (text.length > STATE_CHARACTERS_MAX) return false
  const members = text.split(',').map((member) => member.trim())
  const kept = members.filter((member) => member !== '')
  return kept.length <= STATE_MEMBERS_MAX && kept.every((member) => STATE_MEMBER.test(member))
}
