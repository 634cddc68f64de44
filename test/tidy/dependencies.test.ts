import { dirname, join, normalize } from 'node:path/posix'
import { describe, expect, it } from 'vitest'
import { importsOf, type SourceFile, sourcesIn } from './sources.ts'

/**
 * Who may import whom. A part is a folder of src or a file at its top.
 */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  domain: [],
  'log-events.ts': [],
  'log.ts': ['domain', 'log-events.ts'],
  'tracing.ts': ['domain'],
  'metrics.ts': ['domain'],
  settings: ['domain', 'log.ts'],
  'toml.ts': [],
  'system.ts': ['domain'],
  vault: ['domain', 'outbound'],
  token: ['domain', 'vault'],
  pki: ['domain', 'vault'],
  store: ['domain', 'migrations', 'tracing.ts'],
  attestation: ['domain', 'token', 'toml.ts'],
  aat: ['domain', 'token', 'toml.ts'],
  outbound: ['domain'],
  policy: ['domain'],
  admission: ['domain', 'token', 'tracing.ts'],
  usecases: [
    'domain',
    'token',
    'vault',
    'pki',
    'store',
    'attestation',
    'aat',
    'policy',
    'admission',
    'outbound',
    'tracing.ts',
  ],
  listener: [
    'domain',
    'pki',
    'store',
    'admission',
    'usecases',
    'log.ts',
    'metrics.ts',
    'tracing.ts',
  ],
  http: [
    'domain',
    'token',
    'store',
    'policy',
    'admission',
    'usecases',
    'listener',
    'log.ts',
    'metrics.ts',
  ],
  rpc: ['domain', 'listener'],
  crp: [
    'domain',
    'token',
    'store',
    'policy',
    'admission',
    'usecases',
    'listener',
    'rpc',
    'log.ts',
    'metrics.ts',
  ],
  cdp: [
    'domain',
    'token',
    'store',
    'policy',
    'admission',
    'usecases',
    'listener',
    'rpc',
    'log.ts',
    'metrics.ts',
  ],
  oauth: ['domain', 'token', 'admission', 'usecases', 'listener'],
  mcp: ['domain', 'admission', 'usecases', 'listener'],
  gateway: [
    'domain',
    'token',
    'vault',
    'pki',
    'admission',
    'outbound',
    'client',
    'toml.ts',
    'log.ts',
    'metrics.ts',
    'tracing.ts',
  ],
  'leash-tokens': ['domain', 'token', 'usecases', 'listener'],
  'forward-auth': ['domain', 'pki', 'admission', 'usecases', 'listener', 'toml.ts'],
  'console-host': ['domain', 'usecases', 'listener'],
  console: ['domain', 'client'],
  middleware: ['domain', 'token', 'pki', 'admission', 'system.ts'],
  connector: ['domain', 'pki', 'client', 'log.ts'],
  client: ['domain', 'pki'],
  cli: ['domain', 'vault', 'policy', 'pki', 'client', 'connector', 'log.ts', 'settings', 'compose'],
}

/** One library, one home; the faces that speak HTTP share hono. */
const LIBRARY_HOMES: Readonly<Record<string, readonly string[]>> = {
  jose: ['token'],
  '@noble/ed25519': ['token'],
  '@peculiar/x509': ['pki'],
  'reflect-metadata': ['pki'],
  kysely: ['store', 'migrations'],
  'better-sqlite3': ['store', 'migrations'],
  pg: ['store'],
  '@modelcontextprotocol/server': ['mcp', 'connector'],
  zod: ['console-host', 'listener', 'http', 'rpc', 'crp', 'cdp', 'mcp', 'leash-tokens'],
  '@hono/zod-openapi': ['http'],
  yaml: ['http'],
  'rate-limiter-flexible': ['listener'],
  hono: ['listener', 'http', 'compose', 'gateway', 'middleware'],
  '@hono/node-server': ['listener', 'gateway', 'middleware'],
  undici: ['client', 'gateway'],
  ws: ['gateway'],
  preact: ['console'],
  '@preact/signals': ['console'],
  'd3-hierarchy': ['console'],
  'lru-cache': ['usecases', 'outbound', 'gateway'],
  commander: ['cli'],
  '@clack/prompts': ['cli'],
  pino: ['log.ts'],
  '@opentelemetry/api': ['tracing.ts'],
  'prom-client': ['metrics.ts'],
  'smol-toml': ['toml.ts', 'settings', 'policy', 'vault'],
}

/** They wire, so they may import every part; the command starts them. */
const WIRING = ['compose']

const FACES = [
  'http',
  'oauth',
  'forward-auth',
  'leash-tokens',
  'gateway',
  'middleware',
  'cli',
  'client',
  'console',
  'console-host',
  'crp',
  'cdp',
  'mcp',
]

const sources = sourcesIn('src', 'migrations')

/**
 * The part a path belongs to: `src/domain/ids.ts` is of `domain`, `src/log.ts` of `log.ts`. The
 * faces of JSON-RPC share their envelope and nothing else: `src/rpc/crp/use.ts` is of `crp`.
 */
function partOf(path: string): string {
  const [top = '', part = '', below = ''] = path.split('/')
  if (top !== 'src') return top
  return part === 'rpc' && FACES.includes(below) ? below : part
}

interface Edge {
  readonly from: SourceFile
  readonly part: string
  readonly specifier: string
}

const edges: readonly Edge[] = sources.flatMap((from) =>
  importsOf(from).map((specifier) => ({ from, part: partOf(from.path), specifier })),
)

const inside = edges
  .filter(({ specifier }) => specifier.startsWith('.'))
  .map((edge) => {
    const target = normalize(join(dirname(edge.from.path), edge.specifier))
    return { ...edge, target, to: partOf(target) }
  })

const libraries = edges
  .filter(({ specifier }) => !specifier.startsWith('.') && !specifier.startsWith('node:'))
  .map((edge) => {
    const [scope = '', name = ''] = edge.specifier.split('/')
    return { ...edge, library: scope.startsWith('@') ? `${scope}/${name}` : scope }
  })

function told(found: readonly { readonly from: SourceFile; readonly specifier: string }[]) {
  return found.map(({ from, specifier }) => `${from.path} imports ${specifier}`)
}

describe('dependencies point one way', () => {
  it('reads the import lines of the whole tree', () => {
    expect(inside.length).toBeGreaterThan(100)
    expect(libraries.length).toBeGreaterThan(3)
  })

  it.each(Object.entries(MAY_IMPORT))('%s imports only from %j', (part, allowed) => {
    const wrong = inside.filter(
      (edge) => edge.part === part && edge.to !== part && !isAllowed(edge, allowed),
    )
    const sentence = `Dependencies point one way: ${part} may import ${allowed.join(', ') || 'nothing'}.`
    expect(told(wrong), sentence).toEqual([])
  })

  it('every part of src has its place in the order', () => {
    const known = [...Object.keys(MAY_IMPORT), ...WIRING, 'migrations']
    const homeless = sources.map(({ path }) => partOf(path)).filter((part) => !known.includes(part))
    expect([...new Set(homeless)], 'Every folder of src has a place in MAY_IMPORT.').toEqual([])
  })

  it('nothing but the command reaches for compose, and nothing but compose wires', () => {
    const wrong = inside.filter(
      ({ to, part }) => WIRING.includes(to) && part !== 'cli' && !WIRING.includes(part),
    )
    expect(told(wrong), 'Only compose wires; only the command starts it.').toEqual([])
  })

  it('a face never imports another face', () => {
    const wrong = inside.filter(
      ({ part, to }) =>
        FACES.includes(part) && FACES.includes(to) && part !== to && to !== 'client',
    )
    expect(told(wrong), 'A face never imports another face.').toEqual([])
  })

  it('src never imports tests, benches or examples', () => {
    const wrong = inside.filter(({ to }) => ['test', 'bench', 'examples'].includes(to))
    expect(told(wrong), 'Dependencies point one way: src stands without its tests.').toEqual([])
  })

  it('our own files are imported by their whole name', () => {
    const wrong = inside.filter(({ specifier }) => !/\.(tsx?|json|css)$/.test(specifier))
    expect(told(wrong), 'Relative imports carry the extension .ts.').toEqual([])
  })
})

describe('one library, one home', () => {
  it.each(Object.entries(LIBRARY_HOMES))('%s is used only by %j', (library, homes) => {
    const wrong = libraries.filter((edge) => edge.library === library && !homes.includes(edge.part))
    expect(told(wrong), `One library, one home: ${library} is for ${homes.join(', ')}.`).toEqual([])
  })

  it('every library has a home', () => {
    const homeless = libraries.filter(({ library }) => !Object.hasOwn(LIBRARY_HOMES, library))
    expect(told(homeless), 'Every library has its home in LIBRARY_HOMES.').toEqual([])
  })

  it('the domain knows no runtime', () => {
    const wrong = edges.filter(
      ({ part, specifier }) => part === 'domain' && !specifier.startsWith('.'),
    )
    expect(told(wrong), 'The domain imports nothing outside itself.').toEqual([])
  })

  it('what a service takes in with the middleware has no native dependency', () => {
    const native = ['better-sqlite3', 'kysely', 'pg']
    const parts = ['middleware', 'admission', 'pki', 'token', 'domain', 'vault', 'system.ts']
    const wrong = libraries.filter(
      ({ part, library }) => parts.includes(part) && native.includes(library),
    )
    expect(told(wrong), 'The middleware has no native dependency.').toEqual([])
  })
})

function isAllowed(
  edge: { readonly to: string; readonly target: string },
  allowed: readonly string[],
) {
  return allowed.includes(edge.to) || edge.target === 'package.json'
}
