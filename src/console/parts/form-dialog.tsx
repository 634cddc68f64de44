import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import { Dialog } from './dialog.tsx'
import { Problem } from './page.tsx'

/** A modal form. What was typed is sent and forgotten: it is never part of the page's state. */
export function FormDialog(props: {
  readonly title: string
  readonly submit: string
  /** Sends the form; answers what is wrong, or nothing. */
  readonly send: (form: FormData) => Promise<string | undefined>
  readonly onClose: () => void
  /** Whether it ends or removes something. */
  readonly danger?: boolean
  /** What the button says that leaves everything as it is. */
  readonly back?: string
  readonly children?: ComponentChildren
}) {
  const [problem, setProblem] = useState<string>()
  const [busy, setBusy] = useState(false)
  const submit = async (event: SubmitEvent) => {
    event.preventDefault()
    setBusy(true)
    setProblem(await props.send(new FormData(event.currentTarget as HTMLFormElement)))
    setBusy(false)
  }
  return (
    <Dialog title={props.title} onClose={props.onClose}>
      <form class="stack" onSubmit={submit}>
        {props.children}
        <Problem text={problem} />
        <div class="actions">
          <button type="button" onClick={props.onClose}>
            {props.back ?? 'Back'}
          </button>
          <button type="submit" class={props.danger ? 'danger' : 'primary'} disabled={busy}>
            {props.submit}
          </button>
        </div>
      </form>
    </Dialog>
  )
}

/** Why something is done, for the record. */
export function ReasonField() {
  return (
    <label>
      Why, for the record
      <input name="reason" required maxLength={500} autocomplete="off" />
    </label>
  )
}
