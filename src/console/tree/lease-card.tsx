import { agentName } from '../../domain/agent-name.ts'
import { clock } from '../clock.ts'
import { State, Tier } from '../parts/badges.tsx'
import {
  amountText,
  cardSummary,
  duration,
  scopeSummary,
  secondsUntil,
  shortDuration,
} from '../words.ts'
import { budgetsOf } from './budgets.ts'
import type { Item, Layout } from './layout.ts'
import type { TreeNode } from './lease-tree.ts'

/** What a card needs beside its place. */
export interface CardProps {
  readonly item: Item
  readonly layout: Layout
  readonly chosen: boolean
  readonly focused: boolean
  readonly onChoose: () => void
  readonly onToggle: () => void
}

/** One lease in the picture: an item of an ARIA tree. */
export function LeaseCard({ item, layout, chosen, focused, onChoose, onToggle }: CardProps) {
  const { node } = item
  if (node === undefined) return null
  const { lease } = node
  const opens = node.count === undefined || node.count > 0
  const live = lease.state === 'live'
  const left = secondsUntil(lease.expires_at, clock.value)
  const whole = (Date.parse(lease.expires_at) - Date.parse(lease.opened_at)) / 1000
  return (
    <div
      id={`item-${item.id}`}
      class={`card state-${lease.state}${chosen ? ' chosen' : ''}`}
      role="treeitem"
      aria-level={item.level}
      aria-posinset={item.place}
      aria-setsize={item.siblings}
      aria-selected={chosen}
      aria-label={labelOf(node, left)}
      {...(opens ? { 'aria-expanded': node.expanded } : {})}
      tabIndex={focused ? 0 : -1}
      data-wave={node.wave}
      style={placeOf(item, layout, node.wave)}
      onClick={onChoose}
      onKeyDown={() => undefined}
    >
      <div class="card-top">
        <State state={lease.state} />
        <strong class="card-name">{agentName(lease.holder)}</strong>
      </div>
      <div class="card-scope">
        <span title={scopeSummary(lease.scope)}>{cardSummary(lease.scope)}</span>
        <Tier tier={lease.attestation.tier} short />
      </div>
      <div class="card-facts">
        <span>{live ? `${shortDuration(left)} left` : 'ended'}</span>
        <span>{usesText(node)}</span>
        <Money node={node} />
        {opens && (
          <span
            class="card-toggle"
            aria-hidden="true"
            onClick={(event) => {
              event.stopPropagation()
              onToggle()
            }}
          >
            {node.count ?? ''} {node.expanded ? '▾' : '▸'}
          </span>
        )}
      </div>
      <div class="card-life" aria-hidden="true">
        <i style={{ width: live ? `${Math.max(0, Math.min(100, (left / whole) * 100))}%` : '0' }} />
      </div>
    </div>
  )
}

function Money({ node }: { readonly node: TreeNode }) {
  const [first] = budgetsOf(node.lease)
  if (first === undefined) return null
  const { unit, decimals, remaining } = first
  return <span title="left of its budget">{amountText(remaining, decimals, unit)}</span>
}

function usesText({ lease }: TreeNode): string {
  const { max_uses: most } = lease.scope.limits
  return most === 'unlimited' ? `${lease.uses_spent} uses` : `${lease.uses_spent}/${most} uses`
}

function labelOf(node: TreeNode, left: number): string {
  const { lease } = node
  const life = lease.state === 'live' ? `${duration(left)} left` : 'ended'
  const children = node.count === undefined ? '' : `, ${node.count} below`
  const parts = [agentName(lease.holder), lease.state, scopeSummary(lease.scope), life]
  return `${parts.join(', ')}, ${usesText(node)}, attestation ${lease.attestation.tier}${children}`
}

function placeOf(item: Item, layout: Layout, wave: number | undefined) {
  return {
    left: `${item.x}px`,
    top: `${item.y}px`,
    width: `${layout.cardWidth}px`,
    height: `${layout.cardHeight}px`,
    ...(wave === undefined ? {} : { transitionDelay: `${Math.min(wave, 6) * 70}ms` }),
  }
}
