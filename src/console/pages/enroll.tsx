import { useEffect, useState } from 'preact/hooks'
import type { RegistrationView } from '../../client/views/enrollment.ts'
import { ask, sentenceOf } from '../api.ts'
import { clock } from '../clock.ts'
import { onDecision } from '../live.ts'
import { State, Tier } from '../parts/badges.tsx'
import { More } from '../parts/more.tsx'
import { ForOwners } from '../parts/owners.tsx'
import { Empty, Page, Problem } from '../parts/page.tsx'
import { usePages } from '../parts/pages-of.ts'
import { ShownOnce } from '../parts/shown-once.tsx'
import { hrefTo } from '../router.ts'
import { duration, secondsUntil } from '../words.ts'

interface Invited {
  readonly token: string
  readonly expires_at: string
}

/** Who may come in: invitations, and agents that wait at the door. */
export function Enroll() {
  const list = usePages<RegistrationView>('/v1/registrations')
  const { items, loading, problem, again } = list
  useEffect(() => onDecision(({ event }) => event.startsWith('registration.') && again()), [])
  return (
    <Page
      title="Enrollment"
      lead="An invited agent makes its own key and waits here until its owner lets it in."
    >
      <ForOwners what="invite an agent and let it in">
        <Invite />
      </ForOwners>
      <Problem text={problem} />
      {items.length === 0 && !loading && <Empty>No agent has registered yet.</Empty>}
      <ul class="rows">
        {items.map((one) => (
          <li key={one.id}>
            <a class="row" href={hrefTo(['enroll', one.id])}>
              <State state={one.state} />
              <span class="row-main">
                <strong>{one.name}</strong>
                <span class="quiet">invited by {one.owner}</span>
              </span>
              <span class="row-scope">
                <Tier tier={one.attestation.tier} />
              </span>
              <span class="row-side">
                {one.state === 'pending' &&
                  `${duration(secondsUntil(one.expires_at, clock.value))} to decide`}
              </span>
            </a>
          </li>
        ))}
      </ul>
      <More pages={list} />
    </Page>
  )
}

/** Makes an invitation; its token is shown this once and kept nowhere. */
function Invite() {
  const [invited, setInvited] = useState<Invited>()
  const [problem, setProblem] = useState('')
  const invite = async () => {
    const answer = await ask<Invited>('POST', '/v1/enrollments', { ttl_seconds: 600 })
    setProblem(answer.ok ? '' : sentenceOf(answer.problem))
    if (answer.ok) setInvited(answer.value)
  }
  return (
    <p>
      <button type="button" class="primary" onClick={invite}>
        Invite an agent
      </button>
      <Problem text={problem} />
      {invited !== undefined && (
        <ShownOnce
          title="An invitation for one agent"
          secret={invited.token}
          onClose={() => setInvited(undefined)}
        >
          <p>
            Good for {duration(secondsUntil(invited.expires_at, clock.value))}, for one
            registration. On the agent’s machine, with the token on standard input:{' '}
            <code>writ enroll join --name worker --token-file -</code>
          </p>
        </ShownOnce>
      )}
    </p>
  )
}
