import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { describe, expect, it } from 'vitest'
import packageJson from '../../package.json' with { type: 'json' }

const SRC = fileURLToPath(new URL('../../src/', import.meta.url))

/** What must not come along: native code, databases, the vault, certificates, other clients. */
const FORBIDDEN =
  /better-sqlite3|kysely|node_modules\/pg\/|undici|@peculiar|reflect-metadata|pino|prom-client|src\/(?:store|vault|usecases|http|gateway|pki\/x509)/

/** Kilobytes of each entry with all it brings along, unminified; a tenth of room above today. */
const ENTRIES: readonly (readonly [string, number])[] = [
  ['middleware/index', 160],
  ['middleware/express', 160],
  ['middleware/fastify', 160],
  ['middleware/fetch', 110],
  ['middleware/mcp', 30],
  ['middleware/a2a', 60],
]

async function bundle(entry: string) {
  const { metafile, outputFiles } = await build({
    entryPoints: [`${SRC}${entry}.ts`],
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'es2023',
    write: false,
    metafile: true,
    treeShaking: true,
  })
  const [output] = Object.values(metafile.outputs)
  const taken = Object.entries(output?.inputs ?? {}).filter(
    ([, { bytesInOutput }]) => bytesInOutput,
  )
  return {
    inputs: taken.map(([path]) => path),
    builtins: (output?.imports ?? []).map(({ path }) => path).sort(),
    text: outputFiles[0]?.text ?? '',
  }
}

describe('what a service takes in with the middleware', () => {
  it.each(ENTRIES)(
    '%s is at most %i kB, without anything native or of the store',
    async (entry, kilobytes) => {
      const { inputs, text, builtins } = await bundle(entry)
      expect(inputs.filter((path) => FORBIDDEN.test(path))).toEqual([])
      expect(builtins).not.toContain('fs')
      expect(builtins.filter((path) => /fs|child_process|cluster|sqlite/.test(path))).toEqual([])
      expect(Math.ceil(text.length / 1_000)).toBeLessThanOrEqual(kilobytes)
    },
  )

  it.each(['fetch', 'mcp', 'a2a'])('middleware/%s asks for nothing of Node', async (entry) => {
    const { builtins, text } = await bundle(`middleware/${entry}`)
    expect(builtins).toEqual([])
    expect(text).not.toMatch(/\brequire\(|\bprocess\./)
  })

  it('every entry is published, and built from the file of its name', async () => {
    const { default: config } = await import('../../tsdown.config.ts')
    const { entry } = config as { readonly entry: Readonly<Record<string, string>> }
    for (const [name] of ENTRIES) {
      const published = `./${name.replace('/index', '')}` as './middleware'
      expect(packageJson.exports[published].default).toBe(`./dist/${name}.mjs`)
      expect(entry[name]).toBe(`src/${name}.ts`)
    }
  })
})
