import type { ComponentChildren } from 'preact'
import { Dialog } from './dialog.tsx'

/** A secret that is shown this once: the authority keeps only what verifies it. */
export function ShownOnce(props: {
  readonly title: string
  readonly secret: string
  readonly onClose: () => void
  readonly children: ComponentChildren
}) {
  return (
    <Dialog title={props.title} onClose={props.onClose}>
      {props.children}
      <pre id="shown-once">{props.secret}</pre>
      <p class="hint">It is shown this once and can be read nowhere later.</p>
      <div class="actions">
        <button type="button" onClick={() => void navigator.clipboard.writeText(props.secret)}>
          Copy
        </button>
        <button type="button" class="primary" onClick={props.onClose}>
          Done
        </button>
      </div>
    </Dialog>
  )
}
