import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
} from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { unpacked } from '../support/packed.ts'
import { ROOT } from '../tidy/sources.ts'
import { installPackage } from './package.ts'
import { type Ports, takePorts } from './ports.ts'

/** What a reader sits at: a folder with the files that documents name, and nothing set. */
export interface Desk {
  readonly folder: string
  readonly ports: Ports
  /** What a new terminal has: `writ` of the built package is on the path. */
  readonly env: NodeJS.ProcessEnv
  clear(): void
}

/** Files of the checkout that commands of documents name; ports are changed in the copies. */
const FILES = ['docs/first-hour', 'docs/guides', 'examples'] as const
/** Libraries that the examples are written for, as if they were installed beside them. */
const LIBRARIES = [
  '@modelcontextprotocol',
  '@hono',
  'express',
  'fastify',
  'hono',
  'tsx',
  'undici',
  'zod',
]
const COPIED = /\.(ts|mjs|js|json|toml|py|conf|sh|csv|env)$|Caddyfile$/

/** A new desk in the temporary folder. */
export async function takeDesk(): Promise<Desk> {
  const folder = mkdtempSync(join(tmpdir(), 'writ-reader-'))
  const ports = await takePorts()
  const bin = installPackage(folder, await unpacked())
  for (const name of LIBRARIES) {
    symlinkSync(join(ROOT, 'node_modules', name), join(folder, 'node_modules', name))
  }
  for (const name of FILES) await copyWithPorts(name, folder, ports)
  for (const name of ['src', 'migrations', 'openapi.yaml', 'package.json', 'tsconfig.json']) {
    symlinkSync(join(ROOT, name), join(folder, name))
  }
  symlinkSync(join(ROOT, 'node_modules/.bin/tsx'), join(bin, 'tsx'))
  const home = join(folder, '.home')
  mkdirSync(home)
  const at = (port: number) => `127.0.0.1:${ports.of(port)}`
  return {
    folder,
    ports,
    env: {
      PATH: `${bin}:${process.env['PATH']}:/usr/sbin`,
      HOME: home,
      TMPDIR: tmpdir(),
      LANG: 'C.UTF-8',
      TERM: 'dumb',
      npm_config_update_notifier: 'false',
      WRIT_LISTENERS_API: at(9441),
      WRIT_LISTENERS_AGENTS: at(9442),
      WRIT_LISTENERS_GATEWAY: at(9443),
      WRIT_ISSUER: `http://${at(9441)}`,
      WRIT_ADDR: `http://${at(9441)}`,
      WRIT_AGENTS_ADDR: `https://${at(9442)}`,
      WRIT_GATEWAY_ADDR: `https://${at(9443)}`,
    },
    clear() {
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

async function copyWithPorts(name: string, folder: string, ports: Ports): Promise<void> {
  const from = join(ROOT, name)
  if (!existsSync(from)) return
  const entries = readdirSync(from, { recursive: true, withFileTypes: true })
  for (const entry of entries) {
    if (!entry.isFile() || entry.parentPath.includes('node_modules')) continue
    const below = join(entry.parentPath, entry.name).slice(from.length + 1)
    const to = join(folder, name, below)
    mkdirSync(join(to, '..'), { recursive: true })
    cpSync(join(from, below), to)
    if (COPIED.test(entry.name)) {
      await writeFile(to, ports.here(await readFile(to, 'utf8')))
    }
  }
}
