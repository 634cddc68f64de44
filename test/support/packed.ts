import { execFile, execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { ROOT } from '../tidy/sources.ts'
import { onceARun } from './once-a-run.ts'

const run = promisify(execFile)

/** What npm pack has to see; the tree's own `dist` is left alone. */
const PACKED_FROM = [
  ...['package.json', 'tsconfig.json', 'tsdown.config.ts', 'vite.config.ts', 'openapi.yaml'],
  ...['src', 'migrations', 'docs/first-hour', 'README.md', 'LICENSE', 'NOTICE'],
]

const DRIVER = join(ROOT, 'node_modules/better-sqlite3')
const UNREACHED = /ENOTFOUND|ECONNREFUSED|ECONNRESET|ETIMEDOUT|EAI_AGAIN|ENETUNREACH|ENOTCACHED/

/** The tarball of this tree, and what npm says of it. */
export interface Packed {
  readonly tarball: string
  /** The copy it was packed in, with its `dist`. */
  readonly folder: string
  readonly size: number
  readonly unpackedSize: number
  readonly files: readonly { readonly path: string; readonly size: number }[]
}

/** Packs a copy of the tree as `npm pack` does in a fresh clone: building is a part of it. */
export function packed(): Promise<Packed> {
  return onceARun('packed', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'writ-packed-'))
    for (const name of PACKED_FROM)
      cpSync(join(ROOT, name), join(folder, name), { recursive: true })
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
    const { stdout } = await run('npm', ['pack', '--json', '--foreground-scripts=false'], {
      cwd: folder,
      env: npmEnv(),
    })
    const [told] = JSON.parse(stdout.slice(stdout.indexOf('[\n  {'))) as [
      Omit<Packed, 'tarball' | 'folder'> & { readonly filename: string },
    ]
    return { ...told, tarball: join(folder, told.filename), folder }
  })
}

/**
 * The package as npm lays it into `node_modules`, beside the libraries of this tree in place of
 * those that a registry would give. Answers its folder.
 */
export function unpacked(): Promise<string> {
  return onceARun('unpacked', async () => {
    const { tarball } = await packed()
    const place = mkdtempSync(join(tmpdir(), 'writ-unpacked-'))
    await run('tar', ['-xzf', tarball, '-C', place])
    symlinkSync(join(ROOT, 'node_modules'), join(place, 'node_modules'))
    return join(place, 'package')
  })
}

/** An empty folder in which the tarball was installed; how long it took; or why it was not. */
export interface Installed {
  readonly folder?: string
  readonly seconds: number
  readonly unreached?: string
}

/** Runs `npm install TARBALL` in an empty folder. Only a registry out of reach is forgiven. */
export function installed(): Promise<Installed> {
  return onceARun('installed', async () => {
    const { tarball } = await packed()
    const folder = mkdtempSync(join(tmpdir(), 'writ-empty-'))
    const start = performance.now()
    const words = ['install', '--prefer-offline', '--no-audit', '--no-fund', tarball]
    const env = { ...npmEnv(), ...prebuilt() }
    try {
      await run('npm', words, { cwd: folder, env })
    } catch (cause) {
      const said = (cause as { stderr?: string }).stderr ?? ''
      if (!UNREACHED.test(said)) throw new Error(said)
      return { seconds: 0, unreached: 'The registry of npm can not be reached: not installed.' }
    }
    return { folder, seconds: (performance.now() - start) / 1_000 }
  })
}

/** The environment of a person's shell: nothing of the test run's own npm. */
export function npmEnv(): NodeJS.ProcessEnv {
  const own = /^(npm_(?!config_(cache|registry|userconfig))|WRIT_|VITEST|NODE_ENV|INIT_CWD)/
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !own.test(name)))
}

/**
 * The database driver for Node 20 comes with a script that fetches its binary from GitHub, and
 * compiles it for minutes where that is out of reach. It is pointed at the one of this tree.
 */
function prebuilt(): NodeJS.ProcessEnv {
  const built = join(DRIVER, 'build/Release/better_sqlite3.node')
  if (!existsSync(built)) return {}
  const { version } = JSON.parse(readFileSync(join(DRIVER, 'package.json'), 'utf8'))
  const folder = join(tmpdir(), 'prebuilds')
  mkdirSync(folder, { recursive: true })
  const { platform, arch, versions } = process
  const libc = platform === 'linux' && !hasGlibc() ? 'musl' : ''
  const name = `better-sqlite3-v${version}-node-v${versions.modules}-${platform}${libc}-${arch}`
  const archive = join(folder, `${name}.tar.gz`)
  execFileSync('tar', ['-czf', archive, '-C', DRIVER, 'build/Release/better_sqlite3.node'])
  return { npm_config_better_sqlite3_local_prebuilds: folder }
}

function hasGlibc(): boolean {
  const { header } = process.report.getReport() as { header: { glibcVersionRuntime?: string } }
  return header.glibcVersionRuntime !== undefined
}
