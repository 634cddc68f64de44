import { judgedBodyOf, requireJudgeable } from '../admission/judged-body.ts'
import type { JudgedBody } from '../admission/ports.ts'
import { JUDGED_BODY_BYTES_MAX } from '../domain/limits.ts'
import { refuse } from '../domain/refusal.ts'
import type { Result } from '../domain/result.ts'

/**
 * Reads a copy of the body, so that the handler still finds it, at most JUDGED_BODY_BYTES_MAX.
 * Refusals: `too_large`, and `malformed` for what a judge and a handler could read differently.
 */
export async function readJudgedBody(request: Request): Promise<Result<JudgedBody>> {
  const contentType = request.headers.get('content-type') ?? ''
  const contentEncoding = request.headers.get('content-encoding') ?? ''
  const judgeable = requireJudgeable({ contentType, contentEncoding })
  if (!judgeable.ok) return judgeable
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of request.clone().body ?? []) {
    bytes += chunk.byteLength
    if (bytes > JUDGED_BODY_BYTES_MAX) return refuse('too_large', { max: JUDGED_BODY_BYTES_MAX })
    chunks.push(chunk)
  }
  return judgedBodyOf(Buffer.concat(chunks), contentType)
}
