import { useEffect, useState } from 'preact/hooks'
import type { LeaseView } from '../../client/views/leases.ts'
import type { RevokePreviewView } from '../../client/views/revocations.ts'
import { agentName } from '../../domain/agent-name.ts'
import { ask, get, pathOf, sentenceOf } from '../api.ts'
import { Dialog } from '../parts/dialog.tsx'
import { FormDialog, ReasonField } from '../parts/form-dialog.tsx'
import { Facts } from '../parts/page.tsx'
import { When } from '../parts/when.tsx'
import { hrefTo } from '../router.ts'

interface Revoked {
  readonly revoked_at: string
  readonly subject: string
  readonly record: { readonly chain: string; readonly sequence: number }
}

/** Shows what a revocation would end, asks why, and shows what was recorded of it. */
export function Revoke(props: { readonly lease: LeaseView; readonly onClose: () => void }) {
  const { lease, onClose } = props
  const [preview, setPreview] = useState<RevokePreviewView>()
  const [revoked, setRevoked] = useState<Revoked>()
  useEffect(() => {
    const path = pathOf(['v1', 'leases', lease.id, 'revoke-preview'])
    void get<RevokePreviewView>(path).then((read) => read.ok && setPreview(read.value))
  }, [lease.id])
  if (revoked !== undefined) return <Done revoked={revoked} lease={lease} onClose={onClose} />
  const send = async (form: FormData) => {
    const body = { reason: form.get('reason') }
    const answer = await ask<Revoked>('POST', pathOf(['v1', 'leases', lease.id, 'revoke']), body)
    if (!answer.ok) return sentenceOf(answer.problem)
    setRevoked(answer.value)
    return undefined
  }
  return (
    <FormDialog
      title={`Revoke the lease of ${agentName(lease.holder)}?`}
      submit="Revoke"
      back="Keep it"
      danger
      send={send}
      onClose={onClose}
    >
      <p role="status">
        {preview === undefined
          ? 'Counting what it would end…'
          : `This ends ${preview.live} live leases of ${preview.leases}, at once and for good.`}
      </p>
      {preview !== undefined && preview.holders.length > 0 && (
        <p class="quiet">Held by {preview.holders.map(agentName).join(', ')}.</p>
      )}
      <ReasonField />
    </FormDialog>
  )
}

function Done(props: {
  readonly revoked: Revoked
  readonly lease: LeaseView
  readonly onClose: () => void
}) {
  const { revoked, lease, onClose } = props
  const { chain, sequence } = revoked.record
  return (
    <Dialog title="Revoked" onClose={onClose}>
      <p role="status">
        The lease of {agentName(lease.holder)} and everything below it has ended. No call of theirs
        passes any more.
      </p>
      <Facts
        rows={[
          ['In force since', <When key="at" at={revoked.revoked_at} />],
          ['Subject', <code key="subject">{revoked.subject}</code>],
          [
            'Record',
            <a key="record" href={hrefTo(['audit', chain, String(sequence)])}>
              {sequence} of chain {chain.slice(0, 8)}…
            </a>,
          ],
        ]}
      />
      <div class="actions">
        <button type="button" class="primary" onClick={onClose}>
          Close
        </button>
      </div>
    </Dialog>
  )
}
