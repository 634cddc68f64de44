import { JUDGED_BODY_BYTES_MAX } from '../domain/limits.ts'
import { refuse } from '../domain/refusal.ts'
import { accept, type Result } from '../domain/result.ts'

/**
 * Reads a copy of the body of a fetch request, so that the handler still finds it, at most
 * JUDGED_BODY_BYTES_MAX. Refusals: `too_large`, `status_unknown` when somebody has read it before.
 */
export async function readCopy(request: Request): Promise<Result<Uint8Array>> {
  if (request.bodyUsed) return refuse('status_unknown', { body: 'read before it was judged' })
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of request.clone().body ?? []) {
    bytes += chunk.byteLength
    if (bytes > JUDGED_BODY_BYTES_MAX) return refuse('too_large', { max: JUDGED_BODY_BYTES_MAX })
    chunks.push(chunk)
  }
  const whole = new Uint8Array(bytes)
  let at = 0
  for (const chunk of chunks) {
    whole.set(chunk, at)
    at += chunk.byteLength
  }
  return accept(whole)
}
