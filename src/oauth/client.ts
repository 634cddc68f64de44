import { refuse } from '../domain/refusal.ts'
import { accept, type Result } from '../domain/result.ts'
import type { AgentCaller } from '../usecases/caller.ts'
import type { Form } from './form.ts'

/** RFC 8705 §2: `client_id`, where it is sent, is the agent that the certificate names. */
export function requireSameClient(form: Form, caller: AgentCaller): Result<void> {
  const claimed = form.get('client_id')
  if (claimed === undefined || claimed === caller.uri) return accept(undefined)
  const detail = 'This is not the agent of the certificate.'
  const reason = { pointer: '/client_id', code: 'unauthenticated', detail }
  return refuse('unauthenticated', { client: 'other' }, [reason])
}
