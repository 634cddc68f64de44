import { computed, signal } from '@preact/signals'

const hash = signal(location.hash)
addEventListener('hashchange', () => {
  hash.value = location.hash
})

/** Where the page is: `#/trees/lease_…?text=x` has the steps `trees` and `lease_…`. */
export const place = computed(() => {
  const [path = '', query = ''] = hash.value.replace(/^#\/?/, '').split('?')
  const steps = path.split('/').filter(Boolean).map(stepOf)
  return { steps, query: new URLSearchParams(query) }
})

/** What can not be decoded stands as it came: there is no page of that name. */
function stepOf(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** The address of a place. */
export function hrefTo(
  steps: readonly string[],
  query: Readonly<Record<string, string | undefined>> = {},
): string {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) if (value) search.set(name, value)
  const path = `#/${steps.map(encodeURIComponent).join('/')}`
  return search.size === 0 ? path : `${path}?${search}`
}

/** Goes to a place. */
export function goTo(
  steps: readonly string[],
  query: Readonly<Record<string, string | undefined>> = {},
): void {
  location.hash = hrefTo(steps, query)
}
