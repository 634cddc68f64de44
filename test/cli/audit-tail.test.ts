import { afterAll, beforeAll, expect, test } from 'vitest'
import { tailTrail } from '../../src/cli/audit/tail.ts'
import type { Answer, Client } from '../../src/client/client.ts'
import type { AuditRecordView } from '../../src/client/views/audit.ts'
import { type Deployment, openDeployment } from '../support/http.ts'

/** More than a search answers at once. */
const RECORDS = 230

let deployment: Deployment
let sequences: readonly number[]

beforeAll(async () => {
  deployment = await openDeployment()
  for (let at = 0; at < RECORDS; at += 1) {
    await deployment.owner.ask('POST', '/v1/operators', {
      body: { name: `person-${at}`, role: 'operator' },
    })
  }
  sequences = (await tailed(RECORDS)).map(({ sequence }) => sequence)
})
afterAll(() => deployment.close())

/** What the command prints of a deployment that has not made a checkpoint yet. */
async function tailed(lines: number): Promise<readonly AuditRecordView[]> {
  const printed: string[] = []
  const client: Client = {
    async call<T>({ method, path }: { method: string; path: string }) {
      const { status, json } = await deployment.owner.ask(method, path)
      return { ok: true, status, value: json as T } satisfies Answer<T>
    },
    stream: () => Promise.reject(new Error('nothing streams here')),
    close: async () => undefined,
  }
  const output = {
    json: true,
    result: async () => undefined,
    raw: async (chunk: string | Uint8Array) => void printed.push(String(chunk)),
    note: () => undefined,
    paint: (_colour: string, text: string) => text,
  }
  await tailTrail(client, output, lines, false)
  return printed.map((line) => JSON.parse(line) as AuditRecordView)
}

test('records of a process that has just begun are told, before a checkpoint names its chain', () => {
  expect(sequences).toHaveLength(RECORDS)
})

test('oldest first, and without a gap over several pages', () => {
  const [first = 0] = sequences
  expect(sequences).toEqual(Array.from({ length: RECORDS }, (_, at) => first + at))
})

test('as many as were asked for, the newest of them', async () => {
  const few = (await tailed(3)).map(({ sequence }) => sequence)
  expect(few).toEqual(sequences.slice(-3))
})
