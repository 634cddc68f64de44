import { execFile, spawnSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AUDIENCE, type Deployment, openDeployment, type Peer } from '../support/http.ts'
import { claimsIn, detailsOf } from '../support/oauth.ts'

const run = promisify(execFile)
const missing = spawnSync('curl', ['--version']).status !== 0

let site: Deployment
let planner: Peer
let folder: string

beforeAll(async () => {
  site = await openDeployment()
  planner = await site.enroll('planner')
  folder = join(site.folder, 'curl')
  mkdirSync(folder, { mode: 0o700 })
  writeFileSync(join(folder, 'ca.pem'), site.rootPem)
  writeFileSync(join(folder, 'cert.pem'), planner.credential.cert)
  writeFileSync(join(folder, 'key.pem'), planner.credential.key, { mode: 0o600 })
})
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true })
  await site.close()
})

async function curl(...args: readonly string[]) {
  const at = (name: string) => join(folder, name)
  const identity = ['--cacert', at('ca.pem'), '--cert', at('cert.pem'), '--key', at('key.pem')]
  const { stdout } = await run('curl', ['--silent', '--show-error', ...identity, ...args])
  return JSON.parse(stdout)
}

describe.skipIf(missing)('curl, where it is installed', () => {
  const url = (path: string) => `https://127.0.0.1:${site.agentsPort}${path}`

  it('gets a call token with nothing but a certificate and a form', async () => {
    const answer = await curl(
      url('/oauth2/token'),
      ...['--data-urlencode', 'grant_type=client_credentials'],
      ...['--data-urlencode', `resource=${AUDIENCE}`],
      ...['--data-urlencode', `authorization_details=${detailsOf()}`],
    )
    expect(claimsIn(answer.access_token)).toMatchObject({ aud: AUDIENCE, client_id: planner.uri })
  })

  it('reads the metadata', async () => {
    const answer = await curl(url('/.well-known/oauth-authorization-server'))
    expect(answer.issuer).toBe(site.world.issuer)
    expect(answer.token_endpoint).toBe(url('/oauth2/token'))
  })
})
