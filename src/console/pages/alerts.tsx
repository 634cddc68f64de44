import { useEffect } from 'preact/hooks'
import type { AlertView } from '../../client/views/alerts.ts'
import { announce } from '../announce.ts'
import { ask, pathOf } from '../api.ts'
import { onDecision } from '../live.ts'
import { More } from '../parts/more.tsx'
import { Empty, Page, Problem } from '../parts/page.tsx'
import { usePages } from '../parts/pages-of.ts'
import { Subject } from '../parts/subject.tsx'
import { When } from '../parts/when.tsx'
import { goTo, hrefTo, place } from '../router.ts'
import { plainWords } from '../words.ts'

/** What people should know of: budgets, rates, anomalies. */
export function Alerts() {
  const all = place.value.query.get('all') ?? ''
  const path = pathOf(['v1', 'alerts'], { open: all ? undefined : 'true' })
  const list = usePages<AlertView>(path)
  const { items, loading, problem, again } = list
  useEffect(
    () => onDecision(({ event }) => /^(anomaly|alert|agent)\./.test(event) && again()),
    [path],
  )
  const acknowledge = async (id: string) => {
    const answer = await ask('POST', pathOf(['v1', 'alerts', id, 'acknowledge']))
    if (answer.ok) announce('Acknowledged.')
    again()
  }
  return (
    <Page title="Alerts" lead="What somebody should know of, newest first.">
      <label class="check">
        <input
          type="checkbox"
          checked={all !== ''}
          onChange={(event) => goTo(['alerts'], event.currentTarget.checked ? { all: '1' } : {})}
        />
        Also what was acknowledged
      </label>
      <Problem text={problem} />
      {items.length === 0 && !loading && <Empty>Nothing to be told.</Empty>}
      <ul class="rows">
        {items.map((alert) => (
          <Row key={alert.id} alert={alert} onAcknowledge={() => void acknowledge(alert.id)} />
        ))}
      </ul>
      <More pages={list} />
    </Page>
  )
}

function Row(props: { readonly alert: AlertView; readonly onAcknowledge: () => void }) {
  const { alert } = props
  return (
    <li class="row">
      <span class={`badge severity-${alert.severity}`}>{alert.severity}</span>
      <span class="row-main">
        <strong>
          {alert.kind === 'approval.requested' ? (
            <a href={hrefTo(['approvals'])}>{plainWords(alert.kind)}</a>
          ) : (
            plainWords(alert.kind)
          )}
        </strong>
        <span class="quiet">
          <When at={alert.at} />
        </span>
      </span>
      <span class="row-scope" title={alert.subject}>
        <Subject subject={alert.subject} lease={alert.lease_id} />
      </span>
      <span class="row-side">
        {alert.acknowledged === null ? (
          <button type="button" onClick={props.onAcknowledge}>
            Acknowledge<span class="hidden"> {plainWords(alert.kind)}</span>
          </button>
        ) : (
          `by ${alert.acknowledged.by}`
        )}
      </span>
    </li>
  )
}
