import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hasBrowser, lookAt, openBrowser } from '../support/console-browser.ts'
import { installed, npmEnv } from '../support/packed.ts'

/** Long only where nothing is cached and the driver has to be compiled. */
const INSTALL_MS = 540_000
/** The listeners take ports of their own; what is typed stays as it is printed. */
const PORTS = {
  WRIT_LISTENERS_API: '127.0.0.1:0',
  WRIT_LISTENERS_AGENTS: '127.0.0.1:0',
  WRIT_LISTENERS_GATEWAY: '127.0.0.1:0',
}

let folder: string | undefined
let serving: ChildProcess | undefined
let printed = ''

beforeAll(async () => {
  const { folder: made, unreached, seconds } = await installed()
  folder = made
  process.stderr.write(`${unreached ?? `Installed in ${seconds.toFixed(1)} s.`}\n`)
}, INSTALL_MS)
afterAll(() => stop())

/** Ends npx and what it runs, and waits for both; npm does not wait for what it started. */
async function stop(): Promise<void> {
  const { pid } = serving ?? {}
  if (pid === undefined || !tell(pid, 'SIGTERM')) return
  while (tell(pid, 0)) await wait(50)
}

function tell(group: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-group, signal)
  } catch {
    return false
  }
}

/** Types lines into a shell in the folder of the package, as a person would. */
async function type(lines: readonly string[]) {
  const child = spawn('sh', ['-e'], { cwd: folder, env: { ...npmEnv(), ...PORTS } })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (chunk) => {
    stdout += chunk
  })
  child.stderr.on('data', (chunk) => {
    stderr += chunk
  })
  child.stdin.end(`${lines.join('\n')}\n`)
  const [exit] = await once(child, 'close')
  return { exit, stdout, stderr }
}

/** What is meant to be typed: lines that begin with `export` or the command itself. */
function commandsIn(text: string): readonly string[] {
  return text.split('\n').filter((line) => /^(export |npx |writ )/.test(line))
}

function exportsIn(text: string): readonly string[] {
  return commandsIn(text).filter((line) => line.startsWith('export '))
}

async function serveAsPrinted(): Promise<void> {
  serving = spawn('npx', ['writ', 'serve', '--dev'], {
    cwd: folder,
    env: { ...npmEnv(), ...PORTS },
    detached: true,
  })
  let failed = ''
  serving.stderr?.on('data', (chunk) => {
    failed += chunk
  })
  serving.stdout?.on('data', (chunk) => {
    printed += chunk
  })
  const ended = once(serving, 'exit').then(() => Promise.reject(new Error(failed)))
  const ready = (async () => {
    while (!printed.includes('writ demo')) await once(serving?.stdout ?? process.stdin, 'data')
  })()
  await Promise.race([ready, ended])
  ended.catch(() => undefined)
}

describe('in an empty folder in which the tarball was installed', () => {
  test('npx writ helps, and says how to begin', async ({ skip }) => {
    if (folder === undefined) return skip('The registry of npm can not be reached.')
    const { exit, stdout } = await type(['npx writ'])
    expect(exit).toBe(0)
    expect(stdout).toContain('npx writ serve --dev')
  })

  test('npx writ serve --dev comes up, and each command it prints works', async ({ skip }) => {
    if (folder === undefined) return skip('The registry of npm can not be reached.')
    await serveAsPrinted()
    const lines = commandsIn(printed)
    expect(lines.length).toBeGreaterThanOrEqual(6)
    const { exit, stdout, stderr } = await type(lines)
    expect(exit, stderr).toBe(0)
    const next = commandsIn(stdout)
    expect(next.length).toBeGreaterThanOrEqual(3)
    const again = await type([...exportsIn(printed), ...next])
    expect(again.exit, again.stderr).toBe(0)
    expect(again.stdout).toMatch(/demo-planner {2}live/)
    expect(again.stdout).toMatch(/demo-worker {2}revoked/)
  })

  test.skipIf(!hasBrowser)(
    'the console of the package shows the tree of the demo in Chromium',
    async ({ skip }) => {
      if (folder === undefined) return skip('The registry of npm can not be reached.')
      const url = /WRIT_ADDR=(\S+)/.exec(printed)?.[1] ?? ''
      const token = /WRIT_TOKEN=(\S+)/.exec(printed)?.[1] ?? ''
      const { stdout, exit } = await type([...exportsIn(printed), 'npx writ demo --json'])
      expect(exit).toBe(0)
      const { leases } = JSON.parse(stdout) as { leases: Record<string, string> }
      const browser = await openBrowser()
      try {
        const { page, wrong, signIn } = await lookAt(browser, url)
        await signIn(token)
        await page.goto(`${url}/console/#/trees/${leases['root']}`)
        for (const name of ['demo-planner', 'demo-worker', 'demo-helper']) {
          await page.getByText(name).first().waitFor()
        }
        expect(wrong.filter((line) => !line.startsWith('401') && !line.includes('401'))).toEqual([])
      } finally {
        await browser.close()
      }
    },
  )

  test('what it left behind lies in this folder alone', async ({ skip }) => {
    if (folder === undefined) return skip('The registry of npm can not be reached.')
    await stop()
    const { stdout } = await type(['ls -A'])
    expect(stdout.trim().split('\n').sort()).toEqual([
      '.writ',
      'keys',
      'node_modules',
      'package-lock.json',
      'package.json',
      'writ-demo',
    ])
  })
})
