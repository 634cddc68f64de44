/** Headers that make some frameworks take another method than the one that was judged. */
export const METHOD_OVERRIDES: ReadonlySet<string> = new Set([
  'x-http-method',
  'x-http-method-override',
  'x-method-override',
])

/** Whether a query names another method: some frameworks take it from there. */
export function overridesMethod(query: string): boolean {
  return query.split(/[&;]/).some((parameter) => {
    const name = parameter.split('=', 1)[0] ?? ''
    return name.length >= '_method'.length && decoded(name).toLowerCase() === '_method'
  })
}

function decoded(name: string): string {
  try {
    return decodeURIComponent(name)
  } catch {
    return name
  }
}
