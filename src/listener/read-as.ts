import { z } from 'zod'

/** A text that one of the domain's readers accepts, as what it then is. */
export function textAs<T extends string | object>(
  parse: (text: string) => T | undefined,
  message: string,
) {
  return z.string().transform((text, context): T => {
    const value = parse(text)
    if (value !== undefined) return value
    context.addIssue({ code: 'custom', message })
    return z.NEVER
  })
}

/** A value that a strict reader of the domain accepts; its finding keeps its pointer. */
export function readAs<T>(
  parse: (
    value: unknown,
  ) =>
    | { readonly ok: true; readonly value: T }
    | { readonly ok: false; readonly pointer: string; readonly detail: string },
) {
  return z.unknown().transform((value, context): T => {
    const parsed = parse(value)
    if (parsed.ok) return parsed.value
    const { pointer, detail } = parsed
    context.addIssue({ code: 'custom', message: detail, params: { pointer } })
    return z.NEVER
  })
}
