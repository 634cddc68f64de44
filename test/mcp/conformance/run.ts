import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { PASSES, REASONS, REVISIONS } from './expected.ts'
import { serveForConformance } from './serve.ts'

/** How one scenario went. */
export interface Scenario {
  readonly revision: (typeof REVISIONS)[number]
  readonly name: string
  readonly whole: boolean
}

/** Runs every scenario for servers with a command, for each revision. */
export async function runScenarios(command: readonly string[]): Promise<readonly Scenario[]> {
  const served = await serveForConformance()
  try {
    const found: Scenario[] = []
    for (const revision of REVISIONS) {
      const more = ['server', '--url', served.url, '--suite', 'all', '--spec-version', revision]
      const text = await output([...command, ...more])
      for (const [, mark, name = ''] of text.matchAll(/^([✓✗]) ([a-z0-9-]+): \d+ passed/gmu)) {
        found.push({ revision, name, whole: mark === '✓' })
      }
    }
    return found
  } finally {
    await served.close()
  }
}

/** What is not as the lists say, in plain words; empty when all is. */
export function surprises(found: readonly Scenario[]): readonly string[] {
  const missing = REVISIONS.flatMap((revision) =>
    PASSES[revision]
      .filter((name) => !found.some((one) => one.name === name && one.revision === revision))
      .map((name) => `${revision} ${name} was not run`),
  )
  const wrong = found.flatMap(({ revision, name, whole }) => {
    const expected = PASSES[revision].includes(name)
    if (whole && !expected) return [`${revision} ${name} passes and is not listed`]
    if (!whole && expected) return [`${revision} ${name} does not pass any more`]
    return whole || reasonFor(name) !== undefined ? [] : [`${revision} ${name} has no reason`]
  })
  return [...missing, ...wrong]
}

/** Why a scenario is not for this server. */
export function reasonFor(name: string): string | undefined {
  return REASONS.find(([names]) => names.some((start) => name.startsWith(start)))?.[1]
}

async function output([command = '', ...words]: readonly string[]): Promise<string> {
  const child = spawn(command, words, { stdio: ['ignore', 'pipe', 'inherit'] })
  const chunks: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
  await once(child, 'close')
  return Buffer.concat(chunks).toString('utf8')
}
