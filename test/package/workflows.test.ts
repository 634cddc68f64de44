import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import packageJson from '../../package.json' with { type: 'json' }
import { ROOT } from '../tidy/sources.ts'

interface Step {
  readonly uses?: string
  readonly run?: string
  readonly with?: Readonly<Record<string, unknown>>
}
interface Job {
  readonly permissions?: Readonly<Record<string, string>>
  readonly 'timeout-minutes'?: number
  readonly steps: readonly Step[]
  readonly strategy?: { readonly matrix: Readonly<Record<string, readonly string[]>> }
}
interface Workflow {
  readonly permissions?: Readonly<Record<string, string>>
  readonly jobs: Readonly<Record<string, Job>>
}

const FOLDER = join(ROOT, '.github/workflows')
/** What a job may ask for beside reading, and which job. */
const MORE: Readonly<Record<string, readonly string[]>> = {
  'release.yaml npm': ['id-token'],
  'release.yaml image': ['attestations', 'id-token', 'packages'],
  'codeql.yaml analyze': ['security-events'],
}

const workflows = readdirSync(FOLDER).map((name) => {
  const text = readFileSync(join(FOLDER, name), 'utf8')
  return { name, text, workflow: parse(text) as Workflow }
})
const jobs = workflows.flatMap(({ name, workflow }) =>
  Object.entries(workflow.jobs).map(([job, value]) => ({ name: `${name} ${job}`, job: value })),
)

describe('the workflows', () => {
  test('take every action at a whole commit, and say which version that is', () => {
    let uses = 0
    for (const { text } of workflows) {
      for (const line of text.split('\n').filter((one) => /\buses:/.test(one))) {
        expect(line).toMatch(/uses: [\w-]+\/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/)
        uses += 1
      }
    }
    expect(uses).toBe(jobs.flatMap(({ job }) => job.steps).filter((step) => step.uses).length)
  })

  test('one version of an action everywhere', () => {
    const found = workflows.flatMap(({ text }) => text.match(/uses: \S+ # \S+/g) ?? [])
    const actions = new Set(found.map((one) => one.split('@')[0]?.split('/').slice(0, 2).join('/')))
    const pinned = new Set(found.map((one) => one.replace(/(uses: [^/]+\/[^/@]+)[^@]*/, '$1')))
    expect(pinned.size).toBe(actions.size)
  })

  test('may read the sources and nothing more, but for three jobs that say what', () => {
    for (const { name, workflow } of workflows) {
      expect(workflow.permissions, name).toEqual({ contents: 'read' })
    }
    for (const { name, job } of jobs) {
      const { contents = 'read', ...more } = job.permissions ?? {}
      expect(contents, name).toBe('read')
      expect(Object.keys(more).sort(), name).toEqual(MORE[name] ?? [])
    }
  })

  test('leave no credential in the checkout, and end', () => {
    for (const { name, job } of jobs) {
      expect(job['timeout-minutes'], name).toBeLessThanOrEqual(60)
      const checkout = job.steps.find(({ uses }) => uses?.startsWith('actions/checkout@'))
      expect(checkout?.with?.['persist-credentials'], name).toBe(false)
    }
  })

  test('put no text of a stranger into a shell', () => {
    for (const { run } of jobs.flatMap(({ job }) => job.steps)) {
      expect(run ?? '').not.toMatch(/\$\{\{/)
    }
  })

  test('run scripts that there are', () => {
    const run = jobs.flatMap(({ job }) => job.steps.map((step) => step.run ?? '')).join('\n')
    const names = [...run.matchAll(/npm run (?:--silent )?([\w:]+)/g)].map(([, name]) => name)
    expect(names).toContain('sbom')
    expect(names).toContain('package:check')
    for (const name of names) expect(Object.keys(packageJson.scripts)).toContain(name)
  })

  test('test every major version of Node that is supported, with two servers', () => {
    const { matrix } = jobs.find(({ name }) => name === 'ci.yaml test')?.job.strategy ?? {}
    expect(matrix).toEqual({ node: ['20', '22', '24', '26'], postgres: ['debian', 'embedded'] })
  })
})
