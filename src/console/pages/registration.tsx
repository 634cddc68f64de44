import { useEffect, useState } from 'preact/hooks'
import type { RegistrationView } from '../../client/views/enrollment.ts'
import { announce } from '../announce.ts'
import { type Answer, ask, get, pathOf, sentenceOf } from '../api.ts'
import { ContractEditor } from '../contract/contract-editor.tsx'
import { State, Tier } from '../parts/badges.tsx'
import { FormDialog } from '../parts/form-dialog.tsx'
import { ForOwners } from '../parts/owners.tsx'
import { Facts, Page, Problem } from '../parts/page.tsx'
import { hrefTo } from '../router.ts'

/** One agent at the door: what is proven of it, what it merely says, and what it shall be given. */
export function Registration({ id }: { readonly id: string }) {
  const [answer, setAnswer] = useState<Answer<RegistrationView>>()
  const path = ['v1', 'registrations', id]
  useEffect(() => void get<RegistrationView>(pathOf(path)).then(setAnswer), [id])
  if (answer === undefined) return null
  if (!answer.ok) return <Problem text={answer.problem.title} />
  const one = answer.value
  const decide = async (act: 'approve' | 'deny', body?: object) => {
    const decided = await ask<RegistrationView>('POST', pathOf([...path, act]), body)
    if (!decided.ok) return sentenceOf(decided.problem)
    announce(act === 'approve' ? `${one.name} is let in.` : `${one.name} is turned away.`)
    setAnswer(decided)
    return undefined
  }
  return (
    <Page title={`${one.name} at the door`}>
      <p class="lead">
        <a href={hrefTo(['enroll'])}>Enrollment</a> · <State state={one.state} />
      </p>
      <h2>Proven</h2>
      <Facts
        rows={[
          ['Would be', <code key="uri">{one.uri}</code>],
          ['Key', <code key="key">{one.key_thumbprint}</code>],
          ['Attestation', <Tier key="tier" tier={one.attestation.tier} />],
          ['Evidence', `${one.attestation.method}, appraised by ${one.attestation.verifier}`],
          ['Came from', one.address ?? 'unknown'],
        ]}
      />
      <h2>In its own words</h2>
      <p class="hint">Nobody vouches for what an agent says of itself.</p>
      <Facts
        rows={Object.entries(one.self_reported).map(([name, said]) => [
          name.replaceAll('_', ' '),
          said ?? '–',
        ])}
      />
      {one.state === 'pending' && (
        <ForOwners what="let it in or turn it away">
          <h2>Let it in under this contract</h2>
          <ContractEditor submit="Let it in" onSubmit={(body) => decide('approve', body)} />
          <Deny name={one.name} onDeny={() => decide('deny')} />
        </ForOwners>
      )}
    </Page>
  )
}

/** Turns it away, after a question. */
function Deny(props: {
  readonly name: string
  readonly onDeny: () => Promise<string | undefined>
}) {
  const { name, onDeny } = props
  const [asking, setAsking] = useState(false)
  return (
    <>
      <p>
        <button type="button" class="danger" onClick={() => setAsking(true)}>
          Turn it away…
        </button>
      </p>
      {asking && (
        <FormDialog
          title={`Turn ${name} away?`}
          submit="Turn it away"
          back="Leave it"
          danger
          send={onDeny}
          onClose={() => setAsking(false)}
        >
          <p>At once and for good. To come in later it needs another invitation.</p>
        </FormDialog>
      )}
    </>
  )
}
