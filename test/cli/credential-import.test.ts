import { symlinkSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readRouteTable } from '../../src/gateway/route-table.ts'
import { runHere } from '../support/cli-here.ts'
import { type CliServer, startCliServer } from '../support/cli-server.ts'
import { letters } from '../support/made-secrets.ts'
import { hasTerminals, runOnTerminal } from '../support/terminal.ts'

const CANARY = 'canary_of_a_dotenv_file'
const B = ['--origin', 'B_KEY=https://a.test']
const SHOP = 'SHOP_KEY=https://shop.test'
let server: CliServer
let owner: NodeJS.ProcessEnv

beforeAll(async () => {
  server = await startCliServer()
  owner = { ...server.env, WRIT_TOKEN_FILE: join(server.folder, 'keys/owner.token') }
})
afterAll(() => server.close())

function dotenv(name: string, ...lines: readonly string[]): string {
  const file = join(server.folder, name)
  writeFileSync(file, `${lines.join('\n')}\n`)
  return file
}

async function writ(...words: readonly string[]) {
  const ran = await runHere(words, owner)
  expect(ran.stdout + ran.stderr).not.toContain(CANARY)
  return ran
}

const importJson = async (...words: readonly string[]) =>
  JSON.parse((await writ('credential', 'import', ...words, '--json')).stdout)
const isThere = async (name: string) => (await writ('credential', 'show', name)).exit === 0

describe('KS-02: writ credential import', () => {
  test('a file without an end is not read to it', async () => {
    const file = join(server.folder, 'endless.env')
    symlinkSync('/dev/zero', file)
    const ran = await writ('credential', 'import', file, '--dry-run')
    expect([ran.exit, ran.stderr]).toEqual([2, `Malformed: ${file} is larger than 1 MiB.\n`])
  })

  test('stores what looks like a secret, each for one place, and says why the rest stays', async () => {
    const github = `ghp_${letters(36)}`
    const file = dotenv(
      ...(['many.env', '# the shop', `export SHOP_KEY="${CANARY}"`, 'PORT=8080'] as const),
      ...[`CODE_HOST=${github}`, `DATABASE_URL=postgres://app:${CANARY}@db/app`],
    )
    const done = await importJson(file, '--origin', SHOP, '--kind', 'SHOP_KEY=bearer', '--yes')
    expect(JSON.stringify(done)).not.toContain(github)
    expect(done.secrets).toMatchObject([
      { variable: 'SHOP_KEY', name: 'shop-key', kind: 'bearer', origins: ['https://shop.test'] },
      { name: 'code-host', kind: 'bearer', origins: ['https://api.github.com'] },
      { name: 'database-url', kind: 'connection_string', placement: { in: 'none' }, origins: [] },
    ])
    expect(done.secrets.map(({ state }: { state: string }) => state)).toEqual(
      Array(3).fill('stored'),
    )
    expect(done.left).toEqual([{ variable: 'PORT', because: 'a number or a switch' }])
    const shown = JSON.parse((await writ('credential', 'show', 'shop-key', '--json')).stdout)
    expect(shown).toMatchObject({ kind: 'bearer', origins: ['https://shop.test'], version: 1 })
  })

  test('its route lines are ones that a gateway takes', async () => {
    const file = dotenv('routes.env', `SHOP_KEY=${CANARY}`, `GH_TOKEN=${CANARY} # see #4, and a#b`)
    const words = ['--as', 'SHOP_KEY=team/shop', '--environment', 'staging', '--dry-run']
    const { routes } = await importJson(file, '--origin', SHOP, ...words)
    const read = readRouteTable({ name: 'routes.toml', text: routes })
    expect(read.ok && [...read.routes.values()]).toMatchObject([
      { name: 'team-shop', credential: { name: 'team/shop', environment: 'staging' } },
      { name: 'gh-token', credential: { name: 'gh-token', environment: 'staging' } },
    ])
  })

  test('run twice it says that they are there, and leaves them as they are', async () => {
    const words = [
      dotenv('twice.env', `TWICE_KEY=${CANARY}`),
      '--origin',
      'TWICE_KEY=https://a.test',
    ]
    const first = await writ('credential', 'import', ...words, '--yes')
    expect(first.stdout).toMatch(/TWICE_KEY +twice-key +stored .*\n[\s\S]*\[\[route\]\]/)
    expect(first.stdout).toContain('writ credential rotate')
    const second = await writ('credential', 'import', ...words, '--yes')
    expect([first.exit, second.exit]).toEqual([0, 0])
    expect(second.stdout).toMatch(/^TWICE_KEY +twice-key +there already, left as it is .*\n$/m)
    const shown = JSON.parse((await writ('credential', 'show', 'twice-key', '--json')).stdout)
    expect(shown).toMatchObject({ version: 1 })
  })

  test('--dry-run needs no server and stores nothing', async () => {
    const file = dotenv('dry.env', `DRY_KEY=${CANARY}`, `GROQ_API_KEY=${CANARY}`)
    const ran = await runHere(['credential', 'import', file, '--dry-run', '--json'], {})
    expect(ran.exit, ran.stderr).toBe(0)
    expect(JSON.parse(ran.stdout)).toMatchObject({
      secrets: [{ name: 'groq-api-key', state: 'planned', origins: ['https://api.groq.com'] }],
      left: [{ variable: 'DRY_KEY', because: 'nobody said where it may be sent' }],
    })
    expect(await isThere('groq-api-key')).toBe(false)
  })

  test('a key goes to the place of its form, not to that of its variable', async () => {
    const file = dotenv('mixed.env', `OPENAI_API_KEY=sk-ant-${letters(40)}`)
    const { secrets } = await importJson(file, '--dry-run')
    expect(secrets).toMatchObject([{ origins: ['https://api.anthropic.com'], kind: 'api_key' }])
  })

  test('where the file speaks of another address nothing is sent to the usual one', async () => {
    const base = 'OPENAI_BASE_URL=https://models.corp.test/v1'
    const file = dotenv('other.env', `OPENAI_API_KEY=${CANARY}`, base)
    const ran = await writ('credential', 'import', file, '--yes')
    expect([ran.exit, await isThere('openai-api-key')]).toEqual([2, false])
    expect(ran.stderr).toContain('--origin OPENAI_API_KEY=https://')
  })

  test('--only takes these and no others, looking like secrets or not', async () => {
    const file = dotenv(
      'only.env',
      `ONLY_KEY=${CANARY}`,
      `LEFT_KEY=${CANARY}`,
      'CODEWORD=swordfish',
    )
    const at = ['--origin', 'ONLY_KEY=https://a.test', '--origin', 'CODEWORD=https://a.test']
    const done = await importJson(file, '--only', 'ONLY_KEY,CODEWORD', ...at, '--yes')
    expect(done.secrets.map(({ name }: { name: string }) => name)).toEqual(['only-key', 'codeword'])
    expect(done.left).toEqual([{ variable: 'LEFT_KEY', because: 'not in --only' }])
  })

  test.each<[string, readonly string[], readonly string[], RegExp]>([
    ['nobody said where one goes', [`B_KEY=${CANARY}`], [], /--origin B_KEY=https:/],
    ['an origin is none', [`B_KEY=${CANARY}`], ['--origin', 'B_KEY=https://a.test/x'], /^B_KEY: /],
    ['a kind is none', [`B_KEY=${CANARY}`], ['--kind', 'B_KEY=cookie', ...B], /no such kind/],
    [
      'two would have one name',
      [`b_key=${CANARY}`],
      ['--as', 'b_key=a-key'],
      /would both be a-key/,
    ],
    ['a choice is about nothing', [], ['--only', 'C_KEY'], /no variable C_KEY/],
    ['a line is no variable', [`my ${CANARY}`, 'D=1'], [], /wrong.env:2 is not NAME=value/],
    ['a # may end a value', [`B_KEY=${CANARY}#4`], B, /value of B_KEY into quotes/],
    ['a quote is open', [`B_KEY="${CANARY}`], [], /quote before the value of B_KEY/],
  ])('nothing is stored when %s', async (_why, lines, more, told) => {
    const origins = ['A_KEY', 'b_key'].flatMap((name) =>
      name === 'A_KEY' || lines.some((line) => line.startsWith(name))
        ? ['--origin', `${name}=https://a.test`]
        : [],
    )
    const file = dotenv('wrong.env', `A_KEY=${CANARY}`, ...lines)
    const ran = await writ('credential', 'import', file, ...origins, ...more, '--yes')
    expect([ran.exit, await isThere('a-key')]).toEqual([2, false])
    expect(ran.stderr).toMatch(told)
  })

  test('when the service refuses one, those before it are taken back', async () => {
    const file = dotenv('refused.env', `E_KEY=${CANARY}`, `F_KEY="two words ${CANARY}"`)
    const at = ['--origin', 'E_KEY=https://a.test', '--origin', 'F_KEY=https://a.test']
    const words = [...at, '--placement', 'F_KEY=bearer', '--yes']
    const ran = await writ('credential', 'import', file, ...words, '--json')
    expect([ran.exit, await isThere('e-key')]).toEqual([2, false])
    expect(JSON.parse(ran.stdout)).toMatchObject({
      ...{ code: 'malformed', variable: 'F_KEY', stored: [], unknown: [] },
    })
  })

  test('when the service goes away midway, it tells what is there and what nobody knows', async () => {
    const dying = await startDying()
    const address = dying.address()
    const port = typeof address === 'object' ? address?.port : 0
    const file = dotenv('away.env', `G_KEY=${CANARY}`, `H_KEY=${CANARY}`)
    const at = ['--origin', 'G_KEY=https://a.test', '--origin', 'H_KEY=https://a.test']
    const words = ['credential', 'import', file, ...at, '--yes', '--json']
    const ran = await writ(...words, '--addr', `http://127.0.0.1:${port}`)
    dying.close()
    expect(ran.exit).toBe(1)
    expect(JSON.parse(ran.stdout)).toMatchObject({ stored: ['g-key'], unknown: ['h-key'] })
    expect(ran.stderr).toMatch(/Run it again: what is there is left alone\./)
  })

  test('stores nothing unasked where nobody can be asked', async () => {
    const file = dotenv('unasked.env', `UNASKED_KEY=${CANARY}`)
    const ran = await writ('credential', 'import', file, '--origin', 'UNASKED_KEY=https://a.test')
    expect([ran.exit, await isThere('unasked-key')]).toEqual([2, false])
    expect(ran.stderr).toMatch(/give --yes/)
  })

  test.skipIf(!hasTerminals)(
    'on a terminal it asks where, offers what the file says, and stores after a yes',
    async () => {
      const url = 'ASKED_URL=https://asked.test/v1'
      const file = dotenv('asked.env', `ASKED_KEY=${CANARY}`, url, `OTHER_KEY=${CANARY}`)
      const { exit, screen } = await runOnTerminal(['credential', 'import', file], {
        answers: [
          ['ASKED_KEY be sent?', '\r'],
          ['OTHER_KEY be sent?', '\r'],
          ['Store asked-key?', 'y\r'],
        ],
        env: owner,
      })
      expect([exit, screen.includes(CANARY)]).toEqual([0, false])
      expect([await isThere('asked-key'), await isThere('other-key')]).toEqual([true, false])
    },
  )
})

/** A service that knows nothing, takes one credential, and hangs up on whatever comes then. */
async function startDying(): Promise<Server> {
  let taken = 0
  const dying = createServer((request, response) => {
    response.setHeader('content-type', 'application/json')
    if (request.method === 'GET') {
      response.writeHead(404, { 'content-type': 'application/problem+json' })
      response.end(JSON.stringify({ code: 'not_found', title: 'There is nothing.', status: 404 }))
    } else if (request.method === 'POST' && taken === 0) {
      taken += 1
      response.writeHead(201).end('{}')
    } else request.socket.destroy()
  })
  await new Promise<void>((resolve) => dying.listen(0, '127.0.0.1', resolve))
  return dying
}
