import { refuse } from '../../domain/refusal.ts'
import { accept, type Result } from '../../domain/result.ts'

/**
 * A target with one parameter added at its end; its value comes percent-encoded. Parameters that
 * some reader would take for the same one are dropped: other case, encoded letters, `name[]`.
 * Refuses `malformed` where readers disagree on what is a parameter: `;` before that name, and a
 * fragment.
 */
export function withParameter(target: string, name: string, value: string): Result<string> {
  if (target.includes('#')) return refuse('malformed', { target: 'has a fragment' })
  const mark = target.indexOf('?')
  const path = mark < 0 ? target : target.slice(0, mark)
  const query = mark < 0 ? '' : target.slice(mark + 1)
  const wanted = sameName(name)
  const kept: string[] = []
  for (const pair of query === '' ? [] : query.split('&')) {
    const [first = '', ...more] = pair.split(';')
    if (more.some((part) => nameOf(part) === wanted)) {
      const detail = 'The query names the parameter of the credential in more than one way.'
      return refuse('malformed', { target: 'ambiguous' }, [
        { pointer: '', code: 'malformed', detail },
      ])
    }
    if (nameOf(first) !== wanted) kept.push(pair)
    else if (more.length > 0) kept.push(more.join(';'))
  }
  return accept(`${path}?${[...kept, `${inUrl(name)}=${value}`].join('&')}`)
}

function nameOf(pair: string): string {
  const [name = ''] = pair.split('=', 1)
  return sameName(leniently(name.replaceAll('+', ' ')))
}

/** What frameworks make one name of: case, brackets of lists, what ends a C string, PHP's dots. */
function sameName(name: string): string {
  const [plain = ''] = name.trimStart().split(/[[\0]/, 1)
  return plain.trimEnd().toLowerCase().replaceAll(/[ .]/g, '_')
}

/** Decodes what can be decoded, as lenient servers do. */
function leniently(text: string): string {
  const bytes = text.replaceAll(/%([0-9a-fA-F]{2})/g, (_all, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  )
  return Buffer.from(bytes, 'latin1').toString('utf8')
}

/** Percent-encoded (RFC 3986 §2.1), also what `encodeURIComponent` leaves. */
export function inUrl(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}
