import { LABEL_KEY_CHARACTERS_MAX, LABEL_VALUE_CHARACTERS_MAX, LABELS_MAX } from './limits.ts'
import { malformed, type Parsed, parsed, pointerTo } from './scope/parsed.ts'

/**
 * What a tree of leases is labelled with, by key: for people, policies and revocation. Told when
 * the root is opened, the same for every lease below it, and never changed (I5). No authority:
 * no label permits anything by itself.
 */
export type Labels = Readonly<Record<string, string>>

/** One label as one text, `key=value`: neither part has an equals sign, so no two are alike. */
export type LabelText = `${string}=${string}`

/** Of a tree that nobody labelled. */
export const NO_LABELS: Labels = {}

/** As a member of what leaves it out where there are none. */
export function anyLabels(labels: Labels): { readonly labels?: Labels } {
  return Object.keys(labels).length === 0 ? {} : { labels }
}

/** Lowercase words; begins with a letter, so that no name of a prototype (`__proto__`) is one. */
const KEY = /^[a-z][a-z0-9]*(?:[._/-][a-z0-9]+)*$/
/** Printable ASCII without spaces, quotes, commas, equals and other signs of some syntax. */
const VALUE = /^[A-Za-z0-9._~:/@+-]+$/
const KEY_RULE =
  `The key of a label has at most ${LABEL_KEY_CHARACTERS_MAX} characters: lowercase words, ` +
  'with . _ / or - between.'
const VALUE_RULE =
  `The value of a label has 1 to ${LABEL_VALUE_CHARACTERS_MAX} characters ` +
  'of A-Z a-z 0-9 . _ ~ : / @ + -'

/**
 * Reads a map of labels: at most LABELS_MAX keys of LABEL_KEY_CHARACTERS_MAX lowercase characters,
 * each with a value of LABEL_VALUE_CHARACTERS_MAX of a few characters of ASCII, compared byte by
 * byte. Canonical or refused: nothing is folded, trimmed or dropped. Keys come out in their order.
 */
export function parseLabels(value: unknown): Parsed<Labels> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return malformed('', 'Labels are an object of keys and values.')
  }
  const labels: [string, string][] = []
  for (const key in value) {
    if (labels.length === LABELS_MAX) return malformed('', `At most ${LABELS_MAX} labels.`)
    const text: unknown = (value as Readonly<Record<string, unknown>>)[key]
    if (!isKey(key)) return malformed('', KEY_RULE)
    if (!isValue(text)) return malformed(pointerTo('', key), VALUE_RULE)
    labels.push([key, text])
  }
  return parsed(Object.fromEntries(labels.sort(byKey)))
}

/** A label by its text; undefined when that is none. */
export function parseLabelText(text: string): LabelText | undefined {
  const equals = text.indexOf('=')
  const isLabel = equals > 0 && isKey(text.slice(0, equals)) && isValue(text.slice(equals + 1))
  return isLabel ? (text as LabelText) : undefined
}

/** Each label as a text, in the order of the keys. */
export function labelTexts(labels: Labels): readonly LabelText[] {
  return Object.entries(labels)
    .sort(byKey)
    .map(([key, value]): LabelText => `${key}=${value}`)
}

/** All labels as one line, as rows and records keep them: spaces between, empty without any. */
export function labelLine(labels: Labels): string {
  return labelTexts(labels).join(' ')
}

/** The labels of a line that `labelLine` made. */
export function labelsOf(line: string): Labels {
  if (line === '') return NO_LABELS
  const pairs = line.split(' ').map((text) => {
    const equals = text.indexOf('=')
    return [text.slice(0, equals), text.slice(equals + 1)] as const
  })
  return Object.fromEntries(pairs)
}

function isKey(text: string): boolean {
  return text.length <= LABEL_KEY_CHARACTERS_MAX && KEY.test(text)
}

function isValue(text: unknown): text is string {
  return typeof text === 'string' && text.length <= LABEL_VALUE_CHARACTERS_MAX && VALUE.test(text)
}

function byKey([one]: readonly [string, string], [other]: readonly [string, string]): number {
  return one < other ? -1 : 1
}
