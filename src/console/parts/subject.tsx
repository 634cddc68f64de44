import { agentName } from '../../domain/agent-name.ts'
import { hrefTo } from '../router.ts'
import { shortId } from '../words.ts'

/** What a revocation or an alert is about, `kind:id`, short and as a link where it has a page. */
export function Subject(props: {
  readonly subject: string
  /** The lease it is about, where the subject is another. */
  readonly lease?: string | null
  /** Without the kind, where that stands elsewhere. */
  readonly bare?: boolean
}) {
  const { subject, lease = null, bare = false } = props
  const at = subject.indexOf(':')
  const [kind, id] = [subject.slice(0, at), subject.slice(at + 1)]
  const short = id.length > 24 && kind !== 'agent' ? shortId(id) : agentName(id)
  const name = <span title={id}>{bare ? short : `${kind} ${short}`}</span>
  if (lease !== null) return <a href={hrefTo(['lease', lease])}>{name}</a>
  if (kind === 'lease') return <a href={hrefTo(['lease', id])}>{name}</a>
  return kind === 'agent' ? <a href={hrefTo(['agents', id])}>{name}</a> : name
}
