import { judgeVariable, pointsElsewhere } from '../secrets/looks-secret.ts'
import { PROVIDERS, providerByForm } from '../secrets/providers.ts'
import { bitsOf, isPlaceholder } from '../secrets/randomness.ts'
import { configRulesFor } from './config-files.ts'

/** One likely secret in a text. */
export interface Match {
  readonly offset: number
  /** What it is taken for. */
  readonly what: string
  /** What may be shown of it: nothing that could be used. */
  readonly shown: string
}

const FORMS = PROVIDERS.flatMap(({ form }) => (form === undefined ? [] : [form])).join('|')
const TOKEN = new RegExp(`(?<![A-Za-z0-9_+])(?:${FORMS})(?![A-Za-z0-9_])`, 'g')
/** Fewer bits a character than chance would give: words, or one letter again and again. */
const TOKEN_BITS_MIN = 3

const PEM = /-----BEGIN ((?:[A-Z0-9]{1,20} ){0,3})PRIVATE KEY(?: BLOCK)?-----/g
/** How far behind its first line a key begins, at most: PGP and PKCS #1 put headers between. */
const PEM_HEAD_CHARACTERS = 1_000
const KEY_LINE = /[A-Za-z0-9+/]{40}/

const AWS_SECRET =
  /secret_?access_?key["']?[ \t]{0,9}[:=][ \t]{0,9}["']?([A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=])/gi

const DOTENV_NAME = /(?:^|[/])(?:\.env(?:\.[\w.-]+)?|[\w.-]+\.env|\.envrc)$/
const ASSIGNMENT = /^[ \t]*(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_.]*)[ \t]*=[ \t]*(\S.*)$/gm
/** A shorter value under a telling name is a word for a test more often than a secret. */
const NAMED_SECRET_CHARACTERS_MIN = 8

const NAME_CHARACTERS_TOLD = 80

/** Of a value this long two characters may be shown. */
const SHOWN_FROM_CHARACTERS = 16

/** The likely secrets of one file, in order, one a line. `path` has forward slashes. */
export function matchesIn(path: string, text: string): readonly Match[] {
  const found = [
    ...tokensIn(text),
    ...privateKeysIn(text),
    ...capturedIn(text, AWS_SECRET, 'secret key of AWS'),
    ...configRulesFor(path, text).flatMap(({ what, line }) => capturedIn(text, line, what)),
    ...(DOTENV_NAME.test(path) ? assignmentsIn(text) : []),
  ]
  return found.toSorted((a, b) => a.offset - b.offset)
}

function tokensIn(text: string): readonly Match[] {
  return [...text.matchAll(TOKEN)].flatMap(({ 0: token, index }) => {
    const provider = providerByForm(token)
    const open = provider?.open?.exec(token)?.[0] ?? ''
    const body = token.slice(open.length)
    const chance = /[0-9]/.test(body) || (/[a-z]/.test(body) && /[A-Z]/.test(body))
    const real = chance && bitsOf(body) >= TOKEN_BITS_MIN && !isPlaceholder(body)
    return real ? [{ offset: index, what: provider?.what ?? 'token', shown: `${open}…` }] : []
  })
}

/** Private keys in PEM (RFC 7468) with something behind the first line; others are only named. */
function privateKeysIn(text: string): readonly Match[] {
  return [...text.matchAll(PEM)].flatMap(({ 0: head, 1: kind = '', index }) => {
    const start = index + head.length
    const [body = ''] = text.slice(start, start + PEM_HEAD_CHARACTERS).split('-----', 1)
    const line = KEY_LINE.exec(body)?.[0]
    if (line === undefined || bitsOf(line) < TOKEN_BITS_MIN) return []
    const closed = kind.includes('ENCRYPTED') || body.includes('ENCRYPTED')
    const what = closed ? 'private key under a passphrase' : 'private key'
    return [{ offset: index, what, shown: head }]
  })
}

function capturedIn(text: string, rule: RegExp, what: string): readonly Match[] {
  return [...text.matchAll(rule)].flatMap(({ 1: value = '', index }) => {
    const nothing = value === '' || pointsElsewhere(value) || isPlaceholder(value)
    return nothing ? [] : [{ offset: index + blanksBefore(text, index), what, shown: mask(value) }]
  })
}

/** A rule may begin with the line end before; the match is where its words are. */
function blanksBefore(text: string, index: number): number {
  let at = index
  while (text[at] === '\n' || text[at] === '\r') at += 1
  return at - index
}

function assignmentsIn(text: string): readonly Match[] {
  return [...text.matchAll(ASSIGNMENT)].flatMap(({ 1: name = '', 2: rest = '', index }) => {
    const value = unquoted(rest.trimEnd())
    const { secret, because, shape, provider } = judgeVariable(name, value)
    const sure = shape !== undefined || provider !== undefined
    if (!secret || (!sure && value.length < NAMED_SECRET_CHARACTERS_MIN)) return []
    const shown = `${provider?.open?.exec(value)?.[0] ?? ''}…`
    const what = `${told(name)}: ${because}`
    return [{ offset: index, what, shown: sure ? shown : mask(value) }]
  })
}

/** Who wrote the file chose the name, and how long it is. */
function told(name: string): string {
  return name.length <= NAME_CHARACTERS_TOLD ? name : `${name.slice(0, NAME_CHARACTERS_TOLD)}…`
}

function unquoted(rest: string): string {
  const quoted = /^(["'`])(.*?)\1/.exec(rest)
  if (quoted !== null) return quoted[2] ?? ''
  return rest.replace(/^["'`]/, '').replace(/[ \t]#.*$/, '')
}

function mask(value: string): string {
  return value.length < SHOWN_FROM_CHARACTERS ? '…' : `${value.slice(0, 2)}…`
}
