import { useEffect } from 'preact/hooks'
import type { LeaseView } from '../../client/views/leases.ts'
import { agentName } from '../../domain/agent-name.ts'
import { pathOf } from '../api.ts'
import { clock } from '../clock.ts'
import { onDecision } from '../live.ts'
import { Labels, State } from '../parts/badges.tsx'
import { More } from '../parts/more.tsx'
import { Empty, Page, Problem } from '../parts/page.tsx'
import { usePages } from '../parts/pages-of.ts'
import { SearchField } from '../parts/search-field.tsx'
import { goTo, hrefTo, place } from '../router.ts'
import { duration, scopeSummary, secondsUntil, shortId } from '../words.ts'

/** Every root lease, newest first, searched by the authority. */
export function Trees() {
  const text = place.value.query.get('text') ?? ''
  const path = pathOf(['v1', 'leases'], { roots: 'true', text, limit: 50 })
  const list = usePages<LeaseView>(path)
  const { items, loading, problem, again } = list
  useEffect(
    () =>
      onDecision(({ event, outcome }) => {
        if (outcome === 'allowed' && /^(lease|revocation)\./.test(event)) again()
      }),
    [path],
  )
  return (
    <Page title="Trees" lead="Each root lease and everything that was delegated from it.">
      <SearchField
        label="Find by holder, lease id or label"
        value={text}
        onSearch={(wanted) => goTo(['trees'], { text: wanted })}
      />
      <Problem text={problem} />
      {items.length === 0 && !loading && (
        <Empty>
          {text ? 'No root lease matches.' : 'No agent has opened a lease yet. '}
          {!text && <a href={hrefTo(['enroll'])}>Invite an agent.</a>}
        </Empty>
      )}
      <ul class="rows">
        {items.map((lease) => (
          <li key={lease.id}>
            <a class="row" href={hrefTo(['trees', lease.id])}>
              <State state={lease.state} />
              <span class="row-main">
                <strong>{agentName(lease.holder)}</strong>
                <span class="quiet" title={lease.id}>
                  for {lease.subject} · {shortId(lease.id)}
                </span>
                <Labels labels={lease.labels} />
              </span>
              <span class="row-scope">{scopeSummary(lease.scope)}</span>
              <span class="row-side">
                {lease.state === 'live'
                  ? `${duration(secondsUntil(lease.expires_at, clock.value))} left`
                  : 'ended'}
              </span>
            </a>
          </li>
        ))}
      </ul>
      <More pages={list} />
    </Page>
  )
}
