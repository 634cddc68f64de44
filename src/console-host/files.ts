import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { extname, join, relative, sep } from 'node:path'
import { CONSOLE_FILES_MAX } from '../domain/limits.ts'
import { refuse } from '../domain/refusal.ts'
import type { HttpHandler } from '../listener/context.ts'
import type { OpenRow } from '../listener/face.ts'
import { refused } from '../listener/problem.ts'

/** One file as it is answered. */
interface ConsoleFile {
  readonly bytes: Uint8Array<ArrayBuffer>
  /** Media type. */
  readonly type: string
}

/** The built console, whole in memory: no request ever names a path of the disk. */
export interface ConsoleFiles {
  /** The file of this name below `/console/`, such as `assets/index-1a2b.js`. */
  find(name: string): ConsoleFile | undefined
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
}

/**
 * Only what this origin serves, nothing inline, nowhere to send a form, nobody may frame it, and no
 * script may make markup of text.
 */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ')

const NOT_BUILT =
  'The console has not been built. In a checkout: npm run build:console. The API and the command ' +
  'need nothing of it.\n'

/** Reads the built console; undefined where it has not been built. Throws for a strange folder. */
export function readConsole(folder: string): ConsoleFiles | undefined {
  if (!existsSync(join(folder, 'index.html'))) return undefined
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true })
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
  if (paths.length > CONSOLE_FILES_MAX) throw new Error(`${folder} is not the built console.`)
  const files = new Map(
    paths.flatMap((path) => {
      const type = TYPES[extname(path)]
      const name = relative(folder, path).split(sep).join('/')
      return type === undefined ? [] : [[name, { bytes: readFileSync(path), type }] as const]
    }),
  )
  return { find: (name) => files.get(name) }
}

/** The pages of the console. They tell nothing of anybody: what they show they ask the API. */
export const CONSOLE_FILE_ROWS: readonly OpenRow<{ readonly files: ConsoleFiles | undefined }>[] = [
  { path: '/console', handler: () => (c) => c.redirect('/console/', 308) },
  { path: '/console/', handler: ({ files }) => serveFile(files, () => 'index.html') },
  {
    path: '/console/{name}',
    handler: ({ files }) => serveFile(files, (param) => param ?? ''),
  },
  {
    path: '/console/assets/{name}',
    handler: ({ files }) => serveFile(files, (param) => `assets/${param}`),
  },
]

/** What lies in `assets` is named after its content, so it never changes. */
function serveFile(
  files: ConsoleFiles | undefined,
  nameOf: (param: string | undefined) => string,
): HttpHandler {
  return (c) => {
    const name = nameOf(c.req.param('name'))
    if (files === undefined && name === 'index.html') return c.text(NOT_BUILT, 503)
    const file = files?.find(name)
    if (file === undefined) return refused(c, refuse('not_found').refusal)
    const lasting = name.startsWith('assets/')
    return c.body(file.bytes, 200, {
      'Content-Type': file.type,
      'Content-Security-Policy': POLICY,
      'Cache-Control': lasting ? 'public, max-age=31536000, immutable' : 'no-cache',
      'Cross-Origin-Opener-Policy': 'same-origin',
      'Permissions-Policy': 'camera=(), geolocation=(), microphone=(), payment=()',
    })
  }
}
