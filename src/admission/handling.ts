import { FREE_RESPONSE, type ResponseObligations } from '../domain/policy.ts'

/** A label of a response (PROXY-37); nobody can hold an agent to it. */
export type HandlingWord = (typeof HANDLING_WORDS)[number]

/** Every label there is, in the order they are told. */
export const HANDLING_WORDS = ['no-store', 'no-log', 'no-model', 'no-tools'] as const

const MEMBERS: Readonly<Record<HandlingWord, keyof ResponseObligations>> = {
  'no-store': 'store',
  'no-log': 'log',
  'no-model': 'model',
  'no-tools': 'reuse',
}

/** What policies ask about a response, as labels. */
export function handlingWords(obligations = FREE_RESPONSE): readonly HandlingWord[] {
  return HANDLING_WORDS.filter((word) => !obligations[MEMBERS[word]])
}

/**
 * The labels of a route and of the policies behind a call together, for the agent; each only adds.
 * Undefined when nobody asks for anything.
 */
export function handlingText(
  route: string | undefined,
  obligations: ResponseObligations | undefined,
): string | undefined {
  const asked = new Set<string>([...(route?.split(', ') ?? []), ...handlingWords(obligations)])
  const words = HANDLING_WORDS.filter((word) => asked.has(word))
  return words.length === 0 ? undefined : words.join(', ')
}

/** Labels out of an answer of the authority; undefined when one of them is none we know. */
export function readHandling(json: unknown): ResponseObligations | undefined {
  if (!Array.isArray(json)) return undefined
  const words: readonly unknown[] = json
  if (!words.every((word) => HANDLING_WORDS.some((known) => known === word))) return undefined
  const free = (word: HandlingWord): boolean => !words.includes(word)
  return {
    store: free('no-store'),
    log: free('no-log'),
    model: free('no-model'),
    reuse: free('no-tools'),
  }
}
