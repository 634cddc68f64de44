import { useState } from 'preact/hooks'
import type { AgentView } from '../../client/views/agents.ts'
import { ForOwners } from '../parts/owners.tsx'
import { type Effect, Lift, Withdraw } from '../revocations/withdraw.tsx'

interface Choice {
  readonly subject: string
  readonly act: Effect | 'lifted'
}

/** Takes an agent out of force, for a while or for good, or lets it act again. */
export function AgentActs(props: { readonly agent: AgentView; readonly onDone: () => void }) {
  const { uri, state, certificate_thumbprint: certificate } = props.agent
  const [choice, setChoice] = useState<Choice>()
  const subject = `agent:${uri}`
  const close = () => {
    setChoice(undefined)
    props.onDone()
  }
  if (state === 'revoked') return null
  return (
    <>
      <div class="fields">
        {state === 'suspended' ? (
          <ForOwners what="lift a suspension">
            <button type="button" onClick={() => setChoice({ subject, act: 'lifted' })}>
              Let it act again…
            </button>
          </ForOwners>
        ) : (
          <button type="button" onClick={() => setChoice({ subject, act: 'suspended' })}>
            Suspend…
          </button>
        )}
        <button
          type="button"
          class="danger"
          onClick={() => setChoice({ subject: `certificate:${certificate}`, act: 'revoked' })}
        >
          Revoke its certificate…
        </button>
        <button type="button" class="danger" onClick={() => setChoice({ subject, act: 'revoked' })}>
          Revoke everything of it…
        </button>
      </div>
      {choice?.act === 'lifted' && <Lift subject={choice.subject} onClose={close} />}
      {choice !== undefined && choice.act !== 'lifted' && (
        <Withdraw subject={choice.subject} effect={choice.act} onClose={close} />
      )}
    </>
  )
}
