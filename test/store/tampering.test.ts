import { describe, expect, it } from 'vitest'
import { recordHash } from '../../src/store/audit/chain-hash.ts'
import { verifyExport } from '../../src/store/audit/export.ts'
import type { AuditFinding } from '../../src/store/audit/verdict.ts'
import { openConnection, type SqliteConnection } from '../../src/store/sqlite/connect.ts'
import { loadDriver } from '../../src/store/sqlite/driver.ts'
import { afterTest, type TestPlace, testPlace } from '../support/store.ts'
import { testCheckpointer } from '../support/store-checkpointer.ts'
import { given, testAgent } from '../support/store-facts.ts'
import { exported } from './contract/audit.ts'

/** Two chains: `first` with five records, `second` with two. */
async function trail(): Promise<{ readonly place: TestPlace; readonly db: SqliteConnection }> {
  const place = testPlace()
  for (const [chain, records] of [
    ['first', 5],
    ['second', 2],
  ] as const) {
    const store = await place.open({ newChain: () => chain })
    for (let at = 0; at < records; at += 1) {
      await given(store, { agents: [testAgent(`${chain}-${at}`)] })
    }
    await store.close()
  }
  const db = await openConnection(await loadDriver(), place.path, 'writer')
  afterTest(() => db.close())
  return { place, db }
}

type Case = readonly [string, (db: SqliteConnection) => void, AuditFinding]

const at = (chain: string, sequence: number) => `chain = '${chain}' and sequence = ${sequence}`
const run = (sql: string) => (db: SqliteConnection) => void db.raw.exec(sql)
const bad = (problem: AuditFinding['problem'], chain: string | null, sequence: number) => ({
  problem,
  chain,
  sequence,
})

/** Puts another body into a record and makes its own hash fit. */
function forge(db: SqliteConnection, chain: string, sequence: number): void {
  const row = db.raw
    .prepare(`select previous_hash, body from audit_records where ${at(chain, sequence)}`)
    .get() as { previous_hash: string; body: string }
  const body = row.body.replace('"allowed"', '"forbidden"')
  db.raw
    .prepare(`update audit_records set body = ?, hash = ? where ${at(chain, sequence)}`)
    .run(body, recordHash(row.previous_hash, body))
}

/** Writes a chain anew from one record on, every hash fitting. */
function rewrite(db: SqliteConnection, chain: string, from: number): void {
  forge(db, chain, from)
  const rows = db.raw
    .prepare('select sequence, body, hash from audit_records where chain = ? order by sequence')
    .all(chain) as { sequence: number; body: string; hash: string }[]
  let previous = rows.find((row) => row.sequence === from)?.hash ?? ''
  for (const row of rows.filter(({ sequence }) => sequence > from)) {
    const hash = recordHash(previous, row.body)
    db.raw
      .prepare(
        `update audit_records set previous_hash = ?, hash = ? where ${at(chain, row.sequence)}`,
      )
      .run(previous, hash)
    previous = hash
  }
}

const EDIT = `update audit_records set body = replace(body, 'allowed', 'forbidden') where `
const SWAP = `update audit_records set sequence = -1 where ${at('first', 2)};
  update audit_records set sequence = 2 where ${at('first', 3)};
  update audit_records set sequence = 3 where ${at('first', -1)}`
const INSERT = `insert into audit_records
  select chain, 6, tenant, previous_hash, hash, body from audit_records where ${at('first', 5)}`
const BEFORE = `insert into audit_records
  select chain, 0, tenant, previous_hash, hash, body from audit_records where ${at('first', 1)}`

const cases: readonly Case[] = [
  ['an edited body', run(EDIT + at('first', 3)), bad('edited', 'first', 3)],
  ['an edited first body', run(EDIT + at('second', 1)), bad('edited', 'second', 1)],
  [
    'an edited hash',
    run(`update audit_records set hash = previous_hash where ${at('first', 4)}`),
    bad('edited', 'first', 4),
  ],
  [
    'an edited previous hash',
    run(`update audit_records set previous_hash = hash where ${at('first', 4)}`),
    bad('edited', 'first', 4),
  ],
  [
    'an edited body with a fitting hash',
    (db) => forge(db, 'first', 3),
    bad('unlinked', 'first', 4),
  ],
  [
    'an edited last body with a fitting hash',
    (db) => forge(db, 'second', 2),
    bad('rewritten', 'second', 2),
  ],
  ['a chain written anew', (db) => rewrite(db, 'first', 2), bad('rewritten', 'first', 5)],
  [
    'a deleted record',
    run(`delete from audit_records where ${at('first', 3)}`),
    bad('missing', 'first', 3),
  ],
  [
    'a deleted first record',
    run(`delete from audit_records where ${at('second', 1)}`),
    bad('missing', 'second', 1),
  ],
  ['two swapped records', run(SWAP), bad('misplaced', 'first', 2)],
  ['a record inserted at the end', run(INSERT), bad('misplaced', 'first', 6)],
  ['a record inserted before the first', run(BEFORE), bad('misplaced', 'first', 0)],
  [
    'a cut tail',
    run(`delete from audit_records where ${at('second', 2)}`),
    bad('cut', 'second', 2),
  ],
  [
    'a longer cut tail',
    run(`delete from audit_records where chain = 'first' and sequence > 2`),
    bad('cut', 'first', 3),
  ],
  [
    'records without their chain',
    run(`delete from audit_chains where chain = 'second'`),
    bad('genesis', 'second', 1),
  ],
  [
    'a chain without records',
    run(`delete from audit_records where chain = 'second'`),
    bad('missing', 'second', 1),
  ],
  [
    'a chain that is gone altogether',
    run(`delete from audit_records where chain = 'first';
      delete from audit_chains where chain = 'first'`),
    bad('cut', 'first', 1),
  ],
  [
    'an edited genesis',
    run(`update audit_chains set genesis = replace(genesis, '"sequence":5', '"sequence":4')`),
    bad('rewritten', 'first', 4),
  ],
  [
    'a genesis of another chain',
    run(
      `update audit_chains set genesis = (select genesis from audit_chains where chain = 'first')`,
    ),
    bad('genesis', 'second', 0),
  ],
  [
    'an edited checkpoint',
    run(`update checkpoints set jws = 'x' || jws where number = 1`),
    bad('checkpoint', null, 1),
  ],
  [
    'a deleted checkpoint',
    run('delete from checkpoints where number = 1'),
    bad('checkpoint', null, 1),
  ],
]

describe('tampering with the store', () => {
  it('is not seen in a trail that is whole', async () => {
    const { place } = await trail()
    const store = await place.open()
    const whole = { whole: true, chains: 2, records: 7, checkpoints: 2 }
    expect(await store.verifyAudit()).toEqual(whole)
  })

  it.each(cases)('finds %s', async (_, tamper, finding) => {
    const { place, db } = await trail()
    const store = await place.open()
    tamper(db)
    expect(await store.verifyAudit()).toEqual({ whole: false, bad: finding })
  })

  it('keeps a store from serving, and verifying can be left to the command', async () => {
    const { place, db } = await trail()
    db.raw.exec(EDIT + at('first', 3))
    const opening = place.open()
    await expect(opening).rejects.toMatchObject({ code: 'audit_broken' })
    await expect(opening).rejects.toThrow('record 3 of chain first, edited')
    await place.open({ verifyAtStart: false })
  })
})

describe('tampering with the checkpoints', () => {
  it('finds one taken out of the middle', async () => {
    const { place, db } = await trail()
    const store = await place.open()
    await given(store, { agents: [testAgent('third')] })
    await store.close()
    db.raw.exec('delete from checkpoints where number = 2')
    const again = await place.open()
    expect(await again.verifyAudit()).toEqual({ whole: false, bad: bad('checkpoint', null, 1) })
  })

  it('finds another record in the place of the one beside the keys', async () => {
    const { place, db } = await trail()
    forge(db, 'second', 2)
    const opening = place.open({ verifyAtStart: false })
    await expect(opening).rejects.toMatchObject({ code: 'rolled_back' })
  })

  it('finds a cut tail whose checkpoints were removed too, by the one beside the keys', async () => {
    const { place, db } = await trail()
    const store = await place.open()
    db.raw.exec(`delete from checkpoints where number = 2;
      delete from audit_records where ${at('second', 2)}`)
    expect(await store.verifyAudit()).toEqual({ whole: false, bad: bad('cut', 'second', 2) })
  })
})

describe('tampering with an export', () => {
  const lines = async () => exported(await (await trail()).place.open())
  const find = (text: readonly string[], part: string) =>
    text.findIndex((line) => line.includes(part))
  const verify = (text: readonly string[]) => verifyExport(text, testCheckpointer())

  it('is not seen in an export that is whole', async () => {
    const whole = { whole: true, chains: 2, records: 7, checkpoints: 2 }
    expect(await verify([...(await lines()), '', '\n'])).toEqual(whole)
  })

  const changes: readonly (readonly [string, (text: string[]) => void, AuditFinding])[] = [
    [
      'an edited line',
      (text) => {
        const third = find(text, '"chain":"first","sequence":3')
        text[third] = text[third]?.replace('first-2', 'first-9').replace('allowed', 'expired') ?? ''
      },
      bad('edited', 'first', 3),
    ],
    [
      'a deleted line',
      (text) => void text.splice(find(text, '"chain":"first","sequence":3'), 1),
      bad('missing', 'first', 3),
    ],
    [
      'two swapped lines',
      (text) => {
        const third = find(text, '"chain":"first","sequence":3')
        text.splice(third, 2, text[third + 1] ?? '', text[third] ?? '')
      },
      bad('missing', 'first', 3),
    ],
    [
      'a repeated line',
      (text) => {
        const third = find(text, '"chain":"first","sequence":3')
        text.splice(third, 0, text[third] ?? '')
      },
      bad('misplaced', 'first', 3),
    ],
    ['a cut tail', (text) => void text.pop(), bad('cut', 'second', 2)],
    [
      'a chain in two pieces',
      (text) => void text.push(...text.splice(find(text, '"chain":"first","sequence":5'), 1)),
      bad('cut', 'first', 5),
    ],
    ['a line that is no JSON', (text) => void text.splice(2, 0, '{'), bad('malformed', null, 3)],
    [
      'a line of another kind',
      (text) => void text.splice(0, 0, '{"kind":"x"}'),
      bad('malformed', null, 1),
    ],
    ['a line that is null', (text) => void text.push('null'), bad('malformed', null, 12)],
    [
      'a chain named twice',
      (text) => void text.splice(3, 0, text[2] ?? ''),
      bad('genesis', 'first', 0),
    ],
  ]

  it.each(changes)('finds %s', async (_, change, finding) => {
    const text = await lines()
    change(text)
    expect(await verify(text)).toEqual({ whole: false, bad: finding })
  })

  it('can not see a cut tail without checkpoints, and says how many it did not look at', async () => {
    const text = await lines()
    text.pop()
    const verdict = { whole: true, chains: 2, records: 6, checkpoints: 0 }
    expect(await verifyExport(text)).toEqual(verdict)
  })
})
