import { useEffect, useState } from 'preact/hooks'
import type { LeaseView } from '../../client/views/leases.ts'
import type { RevokePreviewView } from '../../client/views/revocations.ts'
import { type Answer, ask, get, pathOf, sentenceOf } from '../api.ts'
import { Dialog } from '../parts/dialog.tsx'
import { Facts, Problem } from '../parts/page.tsx'
import { hrefTo } from '../router.ts'
import { shortName } from '../words.ts'

interface Receipt {
  readonly revoked_at: string
  readonly subject: string
  readonly record: { readonly chain: string; readonly sequence: number }
}

/** Shows what a revocation would end, asks why, and shows the receipt. */
export function Revoke({
  lease,
  onClose,
}: {
  readonly lease: LeaseView
  readonly onClose: () => void
}) {
  const [preview, setPreview] = useState<RevokePreviewView>()
  const [answer, setAnswer] = useState<Answer<Receipt>>()
  const [busy, setBusy] = useState(false)
  useEffect(() => {
    const path = pathOf(['v1', 'leases', lease.id, 'revoke-preview'])
    void get<RevokePreviewView>(path).then((read) => read.ok && setPreview(read.value))
  }, [lease.id])
  if (answer?.ok) return <Done receipt={answer.value} lease={lease} onClose={onClose} />
  const submit = async (event: SubmitEvent) => {
    event.preventDefault()
    const reason = new FormData(event.currentTarget as HTMLFormElement).get('reason')
    setBusy(true)
    setAnswer(await ask<Receipt>('POST', pathOf(['v1', 'leases', lease.id, 'revoke']), { reason }))
    setBusy(false)
  }
  return (
    <Dialog title={`Revoke the lease of ${shortName(lease.holder)}?`} onClose={onClose}>
      <form onSubmit={submit}>
        <p id="blast">
          {preview === undefined
            ? 'Counting what it would end…'
            : `This ends ${preview.live} live leases of ${preview.leases}, at once and for good.`}
        </p>
        {preview !== undefined && preview.holders.length > 0 && (
          <p class="quiet">Held by {preview.holders.map(shortName).join(', ')}.</p>
        )}
        <label>
          Why
          <input name="reason" required maxLength={500} autocomplete="off" />
        </label>
        <Problem text={answer?.ok === false ? sentenceOf(answer.problem) : ''} />
        <div class="actions">
          <button type="button" onClick={onClose}>
            Keep it
          </button>
          <button type="submit" class="danger" disabled={busy}>
            Revoke
          </button>
        </div>
      </form>
    </Dialog>
  )
}

function Done(props: {
  readonly receipt: Receipt
  readonly lease: LeaseView
  readonly onClose: () => void
}) {
  const { receipt, lease, onClose } = props
  const { chain, sequence } = receipt.record
  return (
    <Dialog title="Revoked" onClose={onClose}>
      <p role="status">
        The lease of {shortName(lease.holder)} and everything below it has ended. No call of theirs
        passes any more.
      </p>
      <Facts
        rows={[
          ['In force since', receipt.revoked_at],
          ['Subject', <code key="subject">{receipt.subject}</code>],
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
