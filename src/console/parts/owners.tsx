import type { ComponentChildren } from 'preact'
import { isOwner } from '../session.ts'

/** What only an owner may do; an operator is told so instead of being shown it. */
export function ForOwners(props: {
  /** What it is, such as `add or remove operators`. */
  readonly what: string
  readonly children?: ComponentChildren
}) {
  if (isOwner()) return <>{props.children}</>
  return <p class="hint">You are signed in as an operator. Only an owner may {props.what}.</p>
}
