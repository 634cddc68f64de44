import { useState } from 'preact/hooks'
import type { LeaseView } from '../../client/views/leases.ts'
import { agentName } from '../../domain/agent-name.ts'
import { clock } from '../clock.ts'
import { Labels, State, Tier } from '../parts/badges.tsx'
import { Facts } from '../parts/page.tsx'
import { hrefTo } from '../router.ts'
import { amountText, duration, grantLines, secondsUntil } from '../words.ts'
import { budgetsOf } from './budgets.ts'
import { Explain } from './explain.tsx'
import type { LeaseTree, TreeNode } from './lease-tree.ts'
import { narrowedBetween } from './narrowing.ts'
import { Revoke } from './revoke.tsx'

/** Everything about one lease, beside the picture. */
export function LeasePanel(props: { readonly node: TreeNode; readonly tree: LeaseTree }) {
  const { lease } = props.node
  const [revoking, setRevoking] = useState(false)
  return (
    <aside class="panel" aria-label={`Lease of ${agentName(lease.holder)}`}>
      <header class="panel-head">
        <h2>{agentName(lease.holder)}</h2>
        <State state={lease.state} />
      </header>
      <Facts rows={factsOf(lease)} />
      {lease.state === 'live' && (
        <button type="button" class="danger" onClick={() => setRevoking(true)}>
          Revoke…
        </button>
      )}
      <Budgets lease={lease} />
      <h3>What it may do</h3>
      <ul class="grants">
        {grantLines(lease.scope).map((line) => (
          <li key={line}>
            <code>{line}</code>
          </li>
        ))}
      </ul>
      <Hops lease={lease} tree={props.tree} />
      <Explain lease={lease} tree={props.tree} />
      <p class="panel-links">
        <a href={hrefTo(['audit'], { lease: lease.id })}>Its decisions in the audit trail</a>
      </p>
      {revoking && <Revoke lease={lease} onClose={() => setRevoking(false)} />}
    </aside>
  )
}

function factsOf(lease: LeaseView): Parameters<typeof Facts>[0]['rows'] {
  const { limits, requires } = lease.scope
  const left = duration(secondsUntil(lease.expires_at, clock.value))
  const uses = limits.max_uses === 'unlimited' ? 'no limit' : `of ${limits.max_uses}`
  const labelled = Object.keys(lease.labels).length > 0
  const asks = requires.approval ? [['Every call', 'asks a person first'] as const] : []
  return [
    ['Holder', <code key="holder">{lease.holder}</code>],
    ['On behalf of', lease.subject],
    ...(labelled ? [['Labels', <Labels key="labels" labels={lease.labels} />] as const] : []),
    ['Attestation', <Tier key="tier" tier={lease.attestation.tier} />],
    ['Evidence', `${lease.attestation.method}, appraised by ${lease.attestation.verifier}`],
    ['Life', lease.state === 'live' ? `${left} left` : lease.state],
    ['Renewed', `${lease.renewals} times`],
    ['Uses', `${lease.uses_spent} ${uses}`],
    ['Depth', `${lease.depth}, at most ${limits.max_depth}`],
    ...asks,
    ['Lease', <code key="id">{lease.id}</code>],
  ]
}

function Budgets({ lease }: { readonly lease: LeaseView }) {
  const budgets = budgetsOf(lease)
  if (budgets.length === 0) return null
  return (
    <>
      <h3>Budget</h3>
      {budgets.map(({ unit, decimals, amount, spent, reserved, percent }) => (
        <label class="meter" key={unit}>
          <span>
            {amountText(spent + reserved, decimals, unit)} of {amountText(amount, decimals, unit)}
          </span>
          <meter min={0} max={100} value={percent} />
        </label>
      ))}
    </>
  )
}

/** What each hop took away, root first. */
function Hops({ lease, tree }: { readonly lease: LeaseView; readonly tree: LeaseTree }) {
  const line = [...lease.lineage, lease.id].filter((id, at, all) => all.indexOf(id) === at)
  const leases = line.flatMap((id) => tree.nodes.value.get(id)?.lease ?? [])
  if (leases.length < 2) return null
  return (
    <>
      <h3>What narrowed on the way</h3>
      <ol class="hops">
        {leases.slice(1).map((below, at) => {
          const above = leases[at] ?? below
          const narrowed = narrowedBetween(above.scope, below.scope)
          return (
            <li key={below.id}>
              <strong>
                {agentName(above.holder)} → {agentName(below.holder)}
              </strong>
              {narrowed.length === 0 && <span class="quiet"> passed on whole</span>}
              <ul>
                {narrowed.map(({ what, from, to }) => (
                  <li key={what}>
                    {what}: <del>{from}</del> <ins>{to}</ins>
                  </li>
                ))}
              </ul>
            </li>
          )
        })}
      </ol>
    </>
  )
}
