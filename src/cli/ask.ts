import { type Answer, type ApiCall, type Connection, createClient } from '../client/client.ts'
import { nextStepOf } from './next-step.ts'
import { refused } from './outcome.ts'

/** One call of the API; a refusal ends the command with its sentence and status. */
export async function ask<T>(connection: Connection, call: ApiCall): Promise<T> {
  const client = createClient(connection)
  try {
    return granted(await client.call<T>(call), connection.bearer)
  } finally {
    await client.close()
  }
}

/** The value of an answer, or the command's end; `bearer` is what was asked with, if anything. */
export function granted<T>(answer: Answer<T>, bearer?: string): T {
  if (answer.ok) return answer.value
  throw refused(answer.problem, nextStepOf(answer.problem.code, bearer))
}
