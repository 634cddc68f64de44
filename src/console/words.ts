import { decimal } from '../domain/budget.ts'
import type { Grant, Scope } from '../domain/scope/types.ts'
import { shownText } from '../domain/shown-text.ts'

/** An id short enough for a line; the whole of it belongs in a title beside it. */
export function shortId(id: string): string {
  const [kind = '', rest] = id.split(/_(.*)/s)
  return rest === undefined ? id.slice(0, 10) : `${kind}_${rest.slice(0, 6)}…`
}

/** Seconds as people say them: the two largest units. */
export function duration(seconds: number): string {
  const left = Math.max(0, Math.round(seconds))
  if (left < 60) return `${left} s`
  if (left < 3600) return `${Math.floor(left / 60)} min ${left % 60 ? `${left % 60} s` : ''}`.trim()
  if (left < 86_400) return `${Math.floor(left / 3600)} h ${Math.floor((left % 3600) / 60)} min`
  return `${Math.floor(left / 86_400)} d ${Math.floor((left % 86_400) / 3600)} h`
}

/** Seconds from a moment to a time text; negative when it is past. */
export function secondsUntil(text: string, now: number): number {
  return (Date.parse(text) - now) / 1000
}

/** A moment in the reader's own clock. */
export function moment(seconds: number): string {
  return new Date(seconds * 1000).toLocaleString(undefined, {
    dateStyle: 'medium',
    timeStyle: 'medium',
  })
}

/** A number with its unit, and in a larger one beside where that is easier to grasp. */
export function withUnit(value: number, unit: string): string {
  const text = `${value.toLocaleString('en')} ${unit}`.trim()
  const easier = largerUnit(value, unit)
  return easier === undefined ? text : `${text} (${easier})`
}

function largerUnit(value: number, unit: string): string | undefined {
  if (unit === 'seconds' && value >= 120) return duration(value).replace(/ 0 (min|h)$/, '')
  if (unit !== 'bytes' || value < 1024 || value % 1024 !== 0) return undefined
  const mebi = value % 1024 ** 2 === 0
  return mebi ? `${value / 1024 ** 2} MiB` : `${(value / 1024).toLocaleString('en')} KiB`
}

/** An integer amount of a unit in its decimals. */
export function amountText(amount: number, decimals: number, unit: string): string {
  return `${decimal(amount, decimals)} ${unit}`
}

/** What a scope lets do, one line for each grant. */
export function grantLines(scope: Scope): readonly string[] {
  return scope.grants.map((grant) => {
    if (grant.type === 'tool') return `${grant.tool} at ${grant.server}`
    const where = grant.hosts.flatMap((host) => grant.paths.map((path) => `${host}${path}`))
    return `${grant.methods.join(' ')} ${where.join(', ')}`
  })
}

/** The whole of what a scope lets do, for a yes to it: each line, and below it what narrows it. */
export function exactLines(scope: Scope): readonly string[] {
  const lines = grantLines(scope)
  const { limits, delegation } = scope
  const passes = delegation.allowed && limits.max_depth !== 0
  const below = passes ? delegation.delegates.join(', ') : 'nobody'
  return [
    ...scope.grants.flatMap((grant, at) => [lines[at] ?? '', ...narrowingLines(grant)]),
    `uses: ${limits.max_uses}, passed on to: ${shownText(below)}`,
  ]
}

function narrowingLines({ type, ...grant }: Grant): readonly string[] {
  const told: readonly string[] = ['tool', 'server', 'hosts', 'paths', 'methods']
  return Object.entries(grant)
    .filter(([name, value]) => !told.includes(name) && value !== false)
    .map(([name, value]) => shownText(`  ${plainWords(name)}: ${JSON.stringify(value)}`))
}

/** What a scope lets do, for a card: where the host has no room, beside the methods the paths. */
export function cardSummary(scope: Scope): string {
  const [first, ...others] = scope.grants.map((grant) =>
    grant.type === 'tool'
      ? `${grant.tool} at ${grant.server}`
      : `${grant.methods.join(' ')} ${grant.paths.join(', ')}`,
  )
  return `${first ?? 'nothing'}${others.length === 0 ? '' : ` and ${others.length} more`}`
}

/** Seconds in the one largest unit, for where there is no room. */
export function shortDuration(seconds: number): string {
  const left = Math.max(0, Math.round(seconds))
  if (left < 60) return `${left} s`
  if (left < 3600) return `${Math.floor(left / 60)} min`
  return left < 86_400 ? `${Math.floor(left / 3600)} h` : `${Math.floor(left / 86_400)} d`
}

/** What a scope lets do, short. */
export function scopeSummary(scope: Scope): string {
  const [first = 'nothing', ...others] = grantLines(scope)
  return others.length === 0 ? first : `${first} and ${others.length} more`
}

/** An event or outcome as words: `token.redeemed` is "token redeemed". */
export function plainWords(code: string): string {
  return code.replaceAll(/[._]/g, ' ')
}
