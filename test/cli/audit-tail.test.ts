import { afterAll, beforeAll, expect, test } from 'vitest'
import { tailTrail } from '../../src/cli/audit/tail.ts'
import { recordLine } from '../../src/cli/text/audit-line.ts'
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
  return (await printedOf(lines)).map((line) => JSON.parse(line) as AuditRecordView)
}

async function printedOf(lines: number): Promise<readonly string[]> {
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
  return printed
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

test('what moves or hides text is told by its number, in JSON too, and is the same when read', async () => {
  const reason = 'over\u009b2K\u202e and \u{e0041}out'
  const { status } = await deployment.owner.ask('POST', '/v1/revocations', {
    body: { subject: 'label:project=apollo', effect: 'suspended', reason },
  })
  expect(status).toBeLessThan(300)
  const [line = ''] = await printedOf(1)
  expect(line).not.toMatch(/[\p{Cc}\p{Cf}](?!$)/u)
  const { body } = JSON.parse(line) as AuditRecordView
  expect(JSON.parse(body).facts.reason).toBe(reason)
})

test('no member of a record that was forged in the store fakes a line or paints one', () => {
  const facts = { event: 'a\u001b[2Kb', outcome: 'allowed\u001b[8m', actor: 'c\nd' }
  const record = { body: JSON.stringify({ ...facts, facts: {} }) } as AuditRecordView
  const line = recordLine(record, { paint: (_colour, text) => text })
  expect(line).not.toMatch(/\p{Cc}/u)
})
