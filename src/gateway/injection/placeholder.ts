import { readJson } from '../../domain/json.ts'
import { refuse } from '../../domain/refusal.ts'
import { accept, type Result } from '../../domain/result.ts'

/** A body with a placeholder replaced, and how often it stood there. */
export interface Replaced {
  readonly text: string
  readonly count: number
}

const STRING = /"(?:[^"\\]|\\.)*"/gs

/**
 * Replaces the placeholder inside the strings of a JSON document, and nowhere else; everything
 * around it stays byte for byte. `malformed` when it is not one document that all readers read
 * alike.
 */
export function replaceInJson(text: string, placeholder: string, secret: string): Result<Replaced> {
  const read = readJson(text)
  if (!read.ok) {
    const { pointer, detail } = read
    return refuse('malformed', { body: 'not JSON' }, [{ pointer, code: 'malformed', detail }])
  }
  const written = inString(placeholder)
  let count = 0
  const replaced = text.replace(STRING, (string) => {
    const parts = string.slice(1, -1).split(written)
    count += parts.length - 1
    return `"${parts.join(inString(secret))}"`
  })
  return accept({ text: replaced, count })
}

/** Replaces the placeholder inside the values of a form (URL standard §5). */
export function replaceInForm(text: string, placeholder: string, secret: string): Replaced {
  let count = 0
  const parts = text.split('&').map((pair) => {
    const equals = pair.indexOf('=')
    const value = decoded(pair.slice(equals + 1))
    if (equals < 0 || value?.includes(placeholder) !== true) return pair
    const around = value.split(placeholder)
    count += around.length - 1
    return `${pair.slice(0, equals)}=${encodeURIComponent(around.join(secret))}`
  })
  return { text: parts.join('&'), count }
}

/** A text as it stands between the quotes of a JSON string. */
export function inString(text: string): string {
  return JSON.stringify(text).slice(1, -1)
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return undefined
  }
}
