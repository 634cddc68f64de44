import type { Placement } from '../../domain/credential.ts'
import { PLACEHOLDERS_MAX } from '../../domain/limits.ts'
import { refuse } from '../../domain/refusal.ts'
import { accept, type Result } from '../../domain/result.ts'
import { inString, replaceInForm, replaceInJson } from './placeholder.ts'
import { inUrl, withParameter } from './query.ts'

/** A request to an upstream before or after a secret was put into it. */
export interface Outgoing {
  /** Path and query, as they go into the request line. */
  readonly path: string
  /** Lowercase name, value, name, value, … */
  readonly headers: readonly string[]
  /** The body where it was read whole, and its media type; else it is streamed untouched. */
  readonly body: { readonly text: string; readonly mediaType: string } | undefined
}

/** A request with a secret in it, and the forms in which the secret stands there. */
export interface Placed extends Outgoing {
  readonly sent: readonly string[]
}

/**
 * Puts a secret (printable ASCII) where its credential belongs, after the request was judged
 * without it. What the agent itself sent of that name is dropped, so that nothing is there twice.
 * Refuses `malformed` when the place can not be found in one way: nothing is sent then.
 */
export function placeSecret(
  placement: Placement,
  secret: string,
  request: Outgoing,
): Result<Placed> {
  switch (placement.in) {
    case 'header':
      return accept({
        ...withHeader(request, placement.name, `${placement.prefix}${secret}`),
        sent: [secret],
      })
    case 'bearer':
      return accept({ ...withHeader(request, 'authorization', `Bearer ${secret}`), sent: [secret] })
    case 'basic': {
      const pair = Buffer.from(`${placement.username}:${secret}`).toString('base64')
      return accept({ ...withHeader(request, 'authorization', `Basic ${pair}`), sent: [pair] })
    }
    case 'query': {
      const written = inUrl(secret)
      const path = withParameter(request.path, placement.name, written)
      return path.ok ? accept({ ...request, path: path.value, sent: [written] }) : path
    }
    case 'placeholder':
      return replacePlaceholder(request, placement.text, secret)
    case 'none':
      return refuse('credential_unavailable', { placement: 'none' })
  }
}

/** Some servers take `x_api_key` for `x-api-key`. */
function sameHeader(name: string): string {
  return name.toLowerCase().replaceAll('_', '-')
}

function withHeader(request: Outgoing, name: string, value: string): Outgoing {
  const headers: string[] = []
  forEachHeader(request.headers, (theirs, own) => {
    if (sameHeader(theirs) !== sameHeader(name)) headers.push(theirs, own)
  })
  headers.push(name.toLowerCase(), value)
  return { ...request, headers }
}

function replacePlaceholder(request: Outgoing, text: string, secret: string): Result<Placed> {
  const headers: string[] = []
  let found = 0
  forEachHeader(request.headers, (name, value) => {
    const parts = value.split(text)
    found += parts.length - 1
    headers.push(name, parts.join(secret))
  })
  const { body } = request
  const replaced = replaceInBody(body, text, secret)
  if (!replaced.ok) return replaced
  found += replaced.value.count
  if (found < 1 || found > PLACEHOLDERS_MAX) {
    const detail = `The placeholder has to be there, at most ${PLACEHOLDERS_MAX} times.`
    return refuse('malformed', { placeholders: found }, [
      { pointer: '', code: 'placeholder', detail },
    ])
  }
  const mediaType = body?.mediaType ?? ''
  const sent = body === undefined ? undefined : { text: replaced.value.text, mediaType }
  const forms = [inString(secret), encodeURIComponent(secret)]
  return accept({ ...request, headers, body: sent, sent: forms })
}

function replaceInBody(
  body: Outgoing['body'],
  text: string,
  secret: string,
): Result<{ readonly text: string; readonly count: number }> {
  const { text: sent = '', mediaType = '' } = body ?? {}
  if (mediaType === 'application/x-www-form-urlencoded') {
    return accept(replaceInForm(sent, text, secret))
  }
  const isJson = mediaType === 'application/json' || mediaType.endsWith('+json')
  return isJson && sent.includes(inString(text))
    ? replaceInJson(sent, text, secret)
    : accept({ text: sent, count: 0 })
}

function forEachHeader(
  headers: readonly string[],
  tell: (name: string, value: string) => void,
): void {
  for (let index = 0; index + 1 < headers.length; index += 2) {
    tell(headers[index] ?? '', headers[index + 1] ?? '')
  }
}
