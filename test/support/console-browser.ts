import { existsSync } from 'node:fs'
import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { AxeBuilder } from '@axe-core/playwright'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { build } from 'vite'

const CHROMIUM = '/usr/bin/chromium'
const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const BUILT = join(ROOT, 'dist', 'console')
const PICTURES = join(ROOT, 'docs', 'pictures')
const FLAGS = [
  ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync'],
  ...['--disable-background-networking', '--disable-component-update'],
]

/** What moves in a picture has come to rest by then. */
const SETTLED_MS = 800

/** Whether there is a browser here; without one the tests of the console are left out. */
export const hasBrowser = existsSync(CHROMIUM)
if (!hasBrowser) process.stderr.write(`No ${CHROMIUM}: the console is not looked at.\n`)

/** A part of the window, in its pixels. */
interface Clip {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

/** A page of the console, and what went wrong in it. */
export interface Look {
  readonly page: Page
  /** Console errors, failed requests and requests to anywhere else; to stay empty. */
  readonly wrong: string[]
  signIn(token: string): Promise<void>
  /** What axe finds against WCAG 2.2 A and AA, and its best practices. */
  axe(): Promise<readonly string[]>
  /** Writes a picture for the documents, when the run was asked for them. */
  picture(name: string, clip?: Clip): Promise<void>
}

/** Builds the console as the package has it, once a run for all test files that need it. */
export async function buildConsole(): Promise<void> {
  const done = join(tmpdir(), 'console-built')
  const mine = await mkdir(join(tmpdir(), 'console-lock')).then(
    () => true,
    () => false,
  )
  if (!mine) {
    for (let tries = 0; !existsSync(done); tries += 1) {
      if (tries > 500) throw new Error('The console was not built.')
      await wait(100)
    }
    return
  }
  const fresh = join(ROOT, 'dist', `.console-${process.pid}`)
  await mkdir(join(ROOT, 'dist'), { recursive: true })
  await build({
    configFile: join(ROOT, 'vite.config.ts'),
    root: join(ROOT, 'src', 'console'),
    build: { outDir: fresh },
  })
  await rm(BUILT, { recursive: true, force: true })
  await rename(fresh, BUILT)
  await writeFile(done, '')
}

/** Starts the browser. */
export function openBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM, args: FLAGS })
}

/** Opens a page of its own at the console. */
export async function lookAt(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<Look> {
  const context = await browser.newContext({ viewport: { width: 1600, height: 900 }, ...options })
  const page = await context.newPage()
  page.setDefaultTimeout(15_000)
  const wrong: string[] = []
  page.on('console', (said) => {
    if (['error', 'warning'].includes(said.type())) wrong.push(`${said.type()}: ${said.text()}`)
  })
  page.on('pageerror', (error) => wrong.push(`thrown: ${error.message}`))
  page.on('request', (request) => {
    if (!request.url().startsWith(url)) wrong.push(`outside: ${request.url()}`)
  })
  page.on('response', (answer) => {
    if (answer.status() >= 400) wrong.push(`${answer.status()}: ${answer.url()}`)
  })
  await page.goto(`${url}/console/`)
  return {
    page,
    wrong,
    async signIn(token) {
      await page.getByLabel('Owner or operator token').fill(token)
      await page.getByRole('button', { name: 'Sign in', exact: true }).click()
      await page.getByRole('heading', { name: 'Trees', level: 1 }).waitFor()
    },
    async axe() {
      const { violations } = await new AxeBuilder({ page }).analyze()
      return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)
    },
    async picture(name, clip) {
      if (process.env['WRIT_PICTURES'] === undefined) return
      await wait(SETTLED_MS)
      const part = clip === undefined ? {} : { clip }
      await page.screenshot({ path: join(PICTURES, `${name}.png`), ...part })
    },
  }
}
