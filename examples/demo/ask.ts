import type { ApiCall, Client } from '../../src/client/client.ts'
import type { Asked } from './orders.ts'

/** Asks the authority; a refusal is an answer. */
export async function ask(client: Client, call: ApiCall): Promise<Asked> {
  const askedAt = Date.now()
  const answer = await client.call<unknown>(call)
  const { status } = answer
  const when = { status, askedAt, at: Date.now() }
  return answer.ok
    ? { ...when, refusal: undefined, value: answer.value }
    : { ...when, refusal: answer.problem.code, value: answer.problem }
}
