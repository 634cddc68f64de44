import type { BudgetView } from '../../client/views/budgets.ts'
import type { LeaseView } from '../../client/views/leases.ts'
import { agentName } from '../../domain/agent-name.ts'
import { decimal } from '../../domain/budget.ts'
import { labelTexts } from '../../domain/labels.ts'
import { type Output, printable } from '../output.ts'
import { stateWord } from './lease.ts'

/** How a tree is drawn. */
export interface TreeDrawing {
  readonly now: Date
  /** Levels below the top; all of them when undefined. */
  readonly depth?: number | undefined
  /** Leases that are drawn below one; the rest of them is told in one line. */
  readonly width?: number | undefined
  /** What is known of budgets, by lease. */
  readonly budgets?: ReadonlyMap<string, readonly BudgetView[]>
}

interface Branch {
  readonly lease: LeaseView
  readonly before: string
  readonly arm: string
  readonly after: string
  readonly level: number
}

/**
 * A tree of leases with box-drawing lines. `leases` come parents first; one whose parent is not
 * among them is drawn as a root. Linear in the number of leases, and not recursive.
 */
export function treeLines(
  leases: readonly LeaseView[],
  output: Pick<Output, 'paint'>,
  drawing: TreeDrawing,
): readonly string[] {
  const { depth = Number.POSITIVE_INFINITY, width = Number.POSITIVE_INFINITY } = drawing
  const below = childrenOf(leases)
  const lines: string[] = []
  const stack: (Branch | string)[] = (below.get(null) ?? [])
    .toReversed()
    .map((lease) => ({ lease, before: '', arm: '', after: '', level: 0 }))
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    if (typeof next === 'string') {
      lines.push(next)
      continue
    }
    const { lease, before, arm, after, level } = next
    lines.push(`${before}${arm}${treeLabel(lease, output, { ...drawing, isTop: level === 0 })}`)
    const children = below.get(lease.id) ?? []
    const inner = before + after
    const drawn = level < depth ? children.slice(0, width) : []
    const left = children.slice(drawn.length)
    if (left.length > 0) stack.push(`${inner}└─ ${output.paint('dim', restText(left, below))}`)
    drawn.toReversed().forEach((child, index) => {
      const last = index === 0 && left.length === 0
      const [branch, space] = last ? ['└─ ', '   '] : ['├─ ', '│  ']
      stack.push({ lease: child, before: inner, arm: branch, after: space, level: level + 1 })
    })
  }
  return lines
}

type Children = ReadonlyMap<string | null, readonly LeaseView[]>

function childrenOf(leases: readonly LeaseView[]): Children {
  const known = new Set(leases.map((lease) => lease.id))
  const below = new Map<string | null, LeaseView[]>()
  for (const lease of leases) {
    const { parent_id: parent } = lease
    const key = parent !== null && known.has(parent) ? parent : null
    const siblings = below.get(key)
    if (siblings === undefined) below.set(key, [lease])
    else siblings.push(lease)
  }
  return below
}

/** What is not drawn: how many leases, and in which states. */
function restText(left: readonly LeaseView[], below: Children): string {
  const states = new Map<string, number>()
  const waiting = [...left]
  let number = 0
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    number += 1
    states.set(next.state, (states.get(next.state) ?? 0) + 1)
    for (const child of below.get(next.id) ?? []) waiting.push(child)
  }
  const told = [...states].map(([state, count]) => `${count} ${printable(state)}`).join(', ')
  return `… ${number} more (${told})`
}

function treeLabel(
  lease: LeaseView,
  output: Pick<Output, 'paint'>,
  { now, budgets, isTop }: TreeDrawing & { readonly isTop: boolean },
): string {
  const { id, state } = lease
  const facts = [
    id,
    ...(state === 'live' ? [lifeText(lease.expires_at, now)] : []),
    `${lease.uses_spent}/${lease.scope.limits.max_uses} uses`,
    ...(budgets?.get(id) ?? []).map(budgetText),
    ...(isTop ? labelTexts(lease.labels) : []),
  ]
  const dim = output.paint('dim', facts.map(printable).join('  '))
  return `${printable(agentName(lease.holder))}  ${stateWord(state, output)}  ${dim}`
}

/** How much longer something lives: `42s`, `12m`, `3h 20m`, `2d 4h`. */
export function lifeText(end: string, now: Date): string {
  const left = Math.floor((new Date(end).getTime() - now.getTime()) / 1_000)
  if (!(left > 0)) return 'no life left'
  const [days, hours] = [Math.floor(left / 86_400), Math.floor(left / 3_600) % 24]
  const minutes = Math.floor(left / 60) % 60
  if (days > 0) return `${days}d ${hours}h left`
  if (hours > 0) return `${hours}h ${minutes}m left`
  return minutes > 0 ? `${minutes}m left` : `${left}s left`
}

/** What is left of a budget, in its unit: `USD 4.10 of 5.00 left`. */
function budgetText({ unit, decimals, amount, remaining }: BudgetView): string {
  return `${unit} ${decimal(remaining, decimals)} of ${decimal(amount, decimals)} left`
}
