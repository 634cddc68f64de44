import { refuse } from '../domain/refusal.ts'
import { accept, type Result } from '../domain/result.ts'
import { readText } from '../listener/body.ts'
import type { HttpContext } from '../listener/context.ts'

/** The parameters of a request by name, each once; one without a value is not there. */
export type Form = ReadonlyMap<string, string>

const FORM_TYPE =
  /^application\/x-www-form-urlencoded[ \t]*(;[ \t]*charset[ \t]*=[ \t]*"?utf-8"?[ \t]*)?$/i

/** Parameters whose names may be told; any other name may be a secret in the wrong place (I12). */
const KNOWN: ReadonlySet<string> = new Set([
  'grant_type',
  'client_id',
  'resource',
  'audience',
  'scope',
  'subject_token',
  'subject_token_type',
  'actor_token',
  'actor_token_type',
  'requested_token_type',
  'authorization_details',
  'assertion',
  'approval_id',
  'token',
  'token_type_hint',
  'htm',
  'htu',
  'cd',
])

/**
 * Reads the parameters of an OAuth request (RFC 6749 §3.2): a form in the body and none in the
 * query, each name at most once, an empty value as if it was not sent. Names nobody knows are
 * ignored, as §3.2 wants it; they can grant nothing. `Authorization` would be a second proof beside
 * the connection (§2.3). Refusals: `media_type`, `too_large`, `malformed`.
 */
export async function readForm(c: HttpContext, bytesMax: number): Promise<Result<Form>> {
  if (new URL(c.req.url).search !== '') return badParameter('', 'Parameters stand in the body.')
  const text = await readText(c, bytesMax, FORM_TYPE)
  if (!text.ok) return text
  const seen = new Set<string>()
  const form = new Map<string, string>()
  for (const pair of text.value.split('&')) {
    if (pair === '') continue
    const at = pair.indexOf('=')
    const name = decode(at < 0 ? pair : pair.slice(0, at))
    const value = at < 0 ? '' : decode(pair.slice(at + 1))
    if (name === undefined || value === undefined) {
      return badParameter('', 'A percent sign begins the code of a character.')
    }
    if (seen.has(name)) return badParameter(name, 'A parameter stands once.')
    seen.add(name)
    if (value !== '') form.set(name, value)
  }
  return accept(form)
}

/** The value of a parameter that has to be there; refuses `malformed` with its name. */
export function needed(form: Form, name: string): Result<string> {
  const value = form.get(name)
  if (value !== undefined) return accept(value)
  const detail = 'This parameter is missing.'
  return refuse('malformed', {}, [{ pointer: `/${name}`, code: 'missing', detail }])
}

/** Refuses `malformed` at one parameter. */
export function badParameter(name: string, detail: string): Result<never> {
  const pointer = KNOWN.has(name) ? `/${name}` : ''
  return refuse('malformed', {}, [{ pointer, code: 'malformed', detail }])
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return undefined
  }
}
