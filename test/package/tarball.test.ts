import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { publint } from 'publint'
import { beforeAll, describe, expect, test } from 'vitest'
import packageJson from '../../package.json' with { type: 'json' }
import { type Packed, packed } from '../support/packed.ts'
import { ROOT, sourcesIn } from '../tidy/sources.ts'

const run = promisify(execFile)

/** Kilobytes; a fifth of room above today. */
const TARBALL_KILOBYTES_MAX = 850
const UNPACKED_KILOBYTES_MAX = 3_200

let tarball: Packed

beforeAll(async () => {
  tarball = await packed()
}, 240_000)

describe('the tarball', () => {
  test('has the command, its console, licences and the contract, and nothing else', () => {
    const paths = tarball.files.map(({ path }) => path)
    for (const path of ['LICENSE', 'NOTICE', 'README.md', 'openapi.yaml', 'package.json']) {
      expect(paths).toContain(path)
    }
    expect(paths).toContain('dist/console/index.html')
    const firstHour = readdirSync(join(ROOT, 'docs/first-hour'))
    expect(firstHour.length).toBeGreaterThan(3)
    for (const file of firstHour) expect(paths).toContain(`docs/first-hour/${file}`)
    const rest = paths.filter(
      (path) => !/^(dist\/[\w./-]+\.(mjs|d\.mts|js|css|html|svg)|docs\/first-hour\/.+)$/.test(path),
    )
    expect(rest.sort()).toEqual(['LICENSE', 'NOTICE', 'README.md', 'openapi.yaml', 'package.json'])
  })

  test('has no source maps, no tests and no path of the machine that built it', () => {
    for (const { path } of tarball.files) {
      expect(path).not.toMatch(/\.map$|(^|\/)tests?\//)
      const text = readFileSync(join(tarball.folder, path), 'utf8')
      expect(text.includes(tarball.folder) || text.includes(ROOT), path).toBe(false)
      expect(text, path).not.toContain('sourceMappingURL')
    }
  })

  test('stays small', () => {
    expect(tarball.size / 1_000).toBeLessThanOrEqual(TARBALL_KILOBYTES_MAX)
    expect(tarball.unpackedSize / 1_000).toBeLessThanOrEqual(UNPACKED_KILOBYTES_MAX)
    process.stderr.write(`Tarball ${tarball.size} bytes, unpacked ${tarball.unpackedSize}.\n`)
  })

  test('publint finds nothing, not even to suggest', async () => {
    const { messages } = await publint({ pkgDir: tarball.folder, strict: true, pack: false })
    expect(messages.map(({ code }) => code)).toEqual([])
  })

  test('attw finds the types of every entry right for ES modules', async () => {
    const attw = join(ROOT, 'node_modules/.bin/attw')
    const words = [tarball.tarball, '--profile', 'esm-only', '--format', 'ascii', '--no-color']
    const ran = await run(attw, words).catch((fault) => fault)
    expect(ran.code, ran.stdout).toBeUndefined()
    expect(ran.stdout).toContain('"writ/client"')
  })

  test('NOTICE has the licence of everything that the console has in it', () => {
    const notice = readFileSync(join(ROOT, 'NOTICE'), 'utf8')
    const imported = sourcesIn('src/console').flatMap(({ text }) =>
      [...text.matchAll(/from '((?:@[\w-]+\/)?[a-z0-9-]+)[/']/g)].map(([, name]) => name ?? ''),
    )
    expect(imported.length).toBeGreaterThan(0)
    for (const name of new Set(imported)) expect(notice).toContain(`---- ${name} ----`)
  })

  test('every entry of its exports is a file in it, with types', () => {
    const paths = new Set(tarball.files.map(({ path }) => `./${path}`))
    for (const target of Object.values(packageJson.exports)) {
      const files = typeof target === 'string' ? [target] : Object.values(target)
      for (const file of files) expect(paths).toContain(file)
    }
    expect(paths).toContain(packageJson.bin.writ)
  })
})

describe('npm run sbom', () => {
  test('lists what the package brings along, and nothing that only builds or tests it', async () => {
    const { stdout } = await run('npm', ['run', '--silent', 'sbom'], {
      cwd: ROOT,
      maxBuffer: 1 << 26,
    })
    const { bomFormat, metadata, components } = JSON.parse(stdout) as {
      readonly bomFormat: string
      readonly metadata: { readonly component: { readonly name: string } }
      readonly components: readonly { readonly name: string; readonly version: string }[]
    }
    expect(bomFormat).toBe('CycloneDX')
    expect(metadata.component.name).toBe('writ')
    const names = new Set(components.map(({ name }) => name))
    for (const name of Object.keys(packageJson.dependencies)) expect(names).toContain(name)
    // A few are needed by what the package brings along as well.
    const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as {
      readonly packages: Readonly<Record<string, { readonly dev?: true }>>
    }
    const builds = Object.keys(packageJson.devDependencies).filter(
      (name) => packages[`node_modules/${name}`]?.dev === true,
    )
    expect(builds.length).toBeGreaterThan(30)
    for (const name of builds) expect(names).not.toContain(name)
  })
})
