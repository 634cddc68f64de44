import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Stage } from './stage.ts'
import { expect, type Steps } from './step.ts'

/** I10 and I12: every decision is in the trail, and no secret is anywhere. */
export async function verifyTrail(steps: Steps, stage: Stage): Promise<void> {
  await steps.does('the audit trail verifies on the authority', async () => {
    const verified = JSON.parse(await stage.writ('audit', 'verify', '--json')) as {
      readonly ok: boolean
    }
    expect(verified.ok, `not intact: ${JSON.stringify(verified)}`)
    return JSON.stringify(verified)
  })
  const file = join(stage.folder, 'audit.jsonl')
  await steps.does('an export of it verifies without the authority', async () => {
    await stage.writ('audit', 'export', '--out', file)
    const jwks = join(stage.folder, 'jwks.json')
    const published = await fetch(`${stage.addresses.api}/.well-known/jwks.json`)
    await writeFile(jwks, await published.text())
    const words = ['audit', 'verify', file, '--jwks', jwks, '--json']
    const verified = JSON.parse(await stage.writ(...words)) as { readonly signatures: string }
    expect(verified.signatures === 'verified', 'the checkpoints were not judged')
    return JSON.stringify(verified)
  })
  await steps.does('no token and no key is in anything that was logged or recorded', async () => {
    const said = stage.said()
    expect(!/eyJ[\w-]+\.eyJ[\w-]+\.[\w-]+/.test(said), 'I12: a token was logged')
    const all = said + (await readFile(file, 'utf8'))
    expect(!all.includes('PRIVATE KEY'), 'I12: a key was logged')
    expect(stage.secrets.length > 0, 'no secret to look for')
    expect(!stage.secrets.some((secret) => all.includes(secret)), 'I12: a secret was logged')
    return `${all.length} characters searched, also for ${stage.secrets.length} known secrets`
  })
}
