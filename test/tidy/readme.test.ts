import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { textOf } from './documents.ts'
import { ROOT } from './sources.ts'

/** Where the examples say the upstream is; the test lets the system choose. */
const UPSTREAM_PORT = '9480'
const run = promisify(execFile)

describe('the five minutes of the README', () => {
  const folder = mkdtempSync(join(tmpdir(), 'writ-readme-'))
  const children: ChildProcess[] = []
  let addresses: Readonly<Record<string, string>>

  beforeAll(async () => {
    const upstream = start(['docs/first-hour/upstream.mjs', '0'])
    const port = /:(\d+)$/.exec(await firstLine(upstream))?.[1] ?? ''
    cpSync(join(ROOT, 'docs/first-hour'), join(folder, 'first-hour'), { recursive: true })
    for (const name of ['contract.json', 'routes.toml']) {
      const file = join(folder, 'first-hour', name)
      writeFileSync(file, readFileSync(file, 'utf8').replaceAll(UPSTREAM_PORT, port))
    }
    const local = '127.0.0.1:0'
    const writ = start([
      ...['--import', 'tsx', 'src/cli/main.ts', 'serve', '--json', '--log-level', 'silent'],
      ...['--data-dir', join(folder, '.writ'), '--keys-dir', join(folder, 'keys')],
      ...['--api', local, '--agents', local, '--gateway', local],
      ...['--routes', join(folder, 'first-hour/routes.toml')],
    ])
    addresses = JSON.parse(await firstLine(writ))
  })

  afterAll(async () => {
    for (const child of children) child.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  })

  function start(args: readonly string[]): ChildProcess {
    const child = spawn(process.execPath, args, {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    children.push(child)
    return child
  }

  it('enroll, delegate, call, refuse and revoke as they say', { timeout: 180_000 }, async () => {
    const { api, agents, gateway } = addresses
    const { stdout, stderr } = await run('bash', ['-c', `${commands(folder)}\ntrue`], {
      cwd: ROOT,
      env: {
        ...process.env,
        WRIT_ADDR: api,
        WRIT_AGENTS_ADDR: agents,
        WRIT_GATEWAY_ADDR: gateway,
      },
    })
    const told = stdout + stderr
    expect(told).toContain('upstream saw GET /orders/2026/7')
    expect(told).toContain('Refused by the gateway: scope_not_granted')
    expect(told).toMatch(/└─ worker {2}live/)
    expect(told).toContain('the lease and all below it are dead')
    expect(told).toContain('(revoked)')
    expect(told).toMatch(/^whole: \d+ records/m)
  })
})

/** The blocks for the third terminal, in the test's own folder. */
function commands(folder: string): string {
  const section = textOf('README.md', '## Five minutes')
  const blocks = [...section.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, block = '']) => block)
  const terminal = blocks.filter((block) => !block.includes('npm start'))
  expect(terminal).toHaveLength(4)
  return terminal
    .join('\n')
    .replaceAll('docs/first-hour/', `${folder}/first-hour/`)
    .replaceAll('.writ/', `${folder}/`)
    .replaceAll('=keys/', `=${folder}/keys/`)
}

async function firstLine(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error('no output')
  const lines = createInterface({ input: child.stdout })
  const [line] = (await once(lines, 'line')) as [string]
  return line
}
