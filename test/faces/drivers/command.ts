import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { REFUSALS, type RefusalCode } from '../../../src/domain/refusal.ts'
import { runWrit } from '../../support/cli-process.ts'
import { type As, askFace } from '../asks.ts'
import type { Stage } from '../stage.ts'

/** Runs the command as this agent; its document has the word, and its exit status its kind. */
async function writ(stage: Stage, as: As, words: readonly string[], stdin = ''): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'writ-faces-'))
  const { cert, key } = as.credential
  const files = { 'agent.crt': cert, 'agent.key': key, 'ca.crt': stage.site.rootPem }
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(join(folder, name), text, { mode: 0o600 })
  }
  const env: NodeJS.ProcessEnv = {
    WRIT_AGENTS_ADDR: `https://127.0.0.1:${stage.site.agentsPort}`,
    WRIT_IDENTITY: folder,
  }
  const { exit, stdout, stderr } = await runWrit(['--json', ...words], { env, stdin })
  rmSync(folder, { recursive: true, force: true })
  if (exit === 0) return 'allowed'
  const { code } = JSON.parse(stdout || '{}') as { readonly code?: RefusalCode }
  const entry = code && REFUSALS.get(code)
  if (entry === undefined) return `${exit}: ${stdout}${stderr}`
  return entry.exit === exit && stderr.includes(`(${code})`) ? entry.code : `${code} with ${exit}`
}

const OWN = 'not expressible: the command writes what it sends itself'

/** The command as an agent types it; each try is a process. */
export const COMMAND = askFace({
  name: 'the command',
  open: (stage, as, scope) => writ(stage, as, ['lease', 'open', '--scope', JSON.stringify(scope)]),
  take: (stage, as, lease, audience) =>
    writ(stage, as, ['token', 'mint', '--lease', lease, '--audience', audience]),
  delegate: (stage, as, lease, to, scope) =>
    writ(stage, as, [
      'delegate',
      '--lease',
      lease,
      '--to',
      to.uri,
      '--scope',
      JSON.stringify(scope),
    ]),
  redeem: (stage, as, token) => writ(stage, as, ['redeem'], token),
  without: {
    'with a delegation for elsewhere, which stays whole':
      'not expressible: a delegation is redeemed for whatever it is for',
    'with a body that can not be read': OWN,
    'with a member twice': OWN,
    'with a body that is too large': OWN,
    'with a body of another type': OWN,
    'by another method': OWN,
  },
})
