import { execFile, execFileSync, spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ISSUER, ISSUER_URI, issuersFile, TOOLS_URI } from '../support/aat.ts'
import { pointOf, trustIssuer } from '../support/aat-http.ts'
import { type Deployment, openDeployment, type Peer } from '../support/http.ts'

const TOOLS = ['python3', 'openssl', 'curl']
const missing = TOOLS.filter((tool) => spawnSync(tool, ['--version']).error !== undefined)

let site: Deployment
let point: Peer

beforeAll(async () => {
  site = await openDeployment()
  point = await pointOf(site)
})
afterAll(() => site.close())

interface Made {
  readonly jwk: { readonly x: string }
  readonly fits: object
  readonly widens: object
}

/** A chain made by Python and openssl alone. */
function makeChain(): Made {
  const script = new URL('../support/aat-foreign.py', import.meta.url).pathname
  const now = String(site.world.store.now())
  return JSON.parse(execFileSync('python3', [script, site.folder, now, TOOLS_URI]).toString())
}

/** Asks as an enforcement point with curl over mTLS. */
async function curl(body: object): Promise<{ status: number; answer: { code?: string } }> {
  const file = (name: string, text: string): string => {
    const path = join(site.folder, name)
    writeFileSync(path, text)
    return path
  }
  const args = [
    ...['--silent', '--max-time', '20', '--cacert', file('root.pem', site.rootPem)],
    ...['--cert', file('point.pem', point.credential.cert)],
    ...['--key', file('point.key', point.credential.key)],
    ...['--header', 'content-type: application/json', '--write-out', '\n%{http_code}'],
    ...['--data-binary', `@${file('body.json', JSON.stringify(body))}`],
    `https://127.0.0.1:${site.agentsPort}/v1/aat/redemptions`,
  ]
  const lines = (await promisify(execFile)('curl', args)).stdout.split('\n')
  return { status: Number(lines.pop()), answer: JSON.parse(lines.join('\n')) }
}

describe.skipIf(missing.length > 0)(
  'a chain made and shown by others (python3, openssl, curl)',
  () => {
    it('is admitted once, is held to its constraints, and dies when its root is revoked', async () => {
      const { jwk, fits, widens } = makeChain()
      const file = issuersFile()
        .replace(ISSUER_URI, 'https://python.example')
        .replace(String(ISSUER.jwk['x']), jwk.x)
      await trustIssuer(site, file)
      const first = await curl(fits)
      expect([first.status, first.answer.code]).toEqual([200, undefined])
      expect((await curl(fits)).answer.code).toBe('token_used')
      expect((await curl(widens)).answer.code).toBe('scope_not_granted')
      const { lease } = first.answer as { lease: { lineage: readonly string[] } }
      await site.owner.ask('POST', `/v1/leases/${lease.lineage[0]}/revoke`, {
        body: { reason: 'a test' },
      })
      expect((await curl(fits)).answer.code).toBe('revoked')
    })
  },
)
