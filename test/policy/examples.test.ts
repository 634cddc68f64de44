import { chmodSync, cpSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { AgentUri } from '../../src/domain/ids.ts'
import { readPolicyFolder } from '../../src/policy/read-folder.ts'
import type { PolicySet } from '../../src/policy/set.ts'
import { freshFolder } from '../support/pki.ts'
import { calling, FACTS, opening, scopeOf, setOf } from './samples.ts'

/** The examples as somebody installs them. */
async function examples(): Promise<PolicySet> {
  const folder = join(freshFolder(), 'policies')
  cpSync('examples/policies', folder, { recursive: true })
  chmodSync(folder, 0o700)
  for (const name of ['github', 'defaults', 'internal-api']) {
    chmodSync(join(folder, `${name}.toml`), 0o600)
  }
  const read = await readPolicyFolder(folder)
  if (!read.ok) throw new Error(JSON.stringify(read.problems))
  return read.set
}

const as = (name: string) => ({
  agent: { ...FACTS.agent, uri: `spiffe://acme.example/agent/${name}` as AgentUri },
  openedUnder: [],
})
const PULLS = 'https://api.github.com/repos/acme/site/pulls'
const REFS = 'https://github.com/acme/site.git/info/refs?service='

describe('the example policies', () => {
  it.each<[string, string, string, string]>([
    ['clone and fetch', 'GET', `${REFS}git-upload-pack`, 'allow'],
    ['clone and fetch', 'POST', 'https://github.com/acme/site.git/git-upload-pack', 'allow'],
    ['push', 'GET', `${REFS}git-receive-pack`, 'require_approval'],
    ['push', 'POST', 'https://github.com/acme/site.git/git-receive-pack', 'require_approval'],
    ['another repository', 'GET', 'https://api.github.com/repos/acme/other', 'require_approval'],
    ['read', 'GET', 'https://api.github.com/repos/acme/site/issues', 'allow'],
    ['open a pull request', 'POST', PULLS, 'allow'],
    ['merge a pull request', 'PUT', `${PULLS}/1/merge`, 'require_approval'],
    ['deploy keys', 'GET', 'https://api.github.com/repos/acme/site/keys', 'deny'],
    ['secrets', 'GET', 'https://api.github.com/repos/acme/site/actions/secrets/x', 'deny'],
    ['hooks', 'POST', 'https://api.github.com/repos/acme/site/hooks', 'deny'],
    ['collaborators', 'PUT', 'https://api.github.com/repos/acme/site/collaborators/eve', 'deny'],
    [
      'protection',
      'DELETE',
      'https://api.github.com/repos/acme/site/branches/main/protection',
      'deny',
    ],
    ['organisations', 'GET', 'https://api.github.com/orgs/acme', 'deny'],
    ['outside GitHub', 'GET', 'https://evil.example/repos/acme/site', 'require_approval'],
    [
      'a look-alike',
      'GET',
      'https://api.github.com.evil.example/repos/acme/site',
      'require_approval',
    ],
  ])('PROXY-24: %s: %s %s is answered %s', async (_what, method, target, effect) => {
    const set = await examples()
    const body = { media_type: 'application/json', bytes: 2, text: '{}' }
    const request = { type: 'http', method, target, body } as const
    expect(set.decide(calling(method, target, { ...as('planner'), request })).effect).toBe(effect)
  })

  it('PROXY-24: alone, the GitHub rules deny all that is outside of GitHub', async () => {
    const text = readFileSync('examples/policies/github.toml', 'utf8')
    const set = setOf(text)
    const asked = opening(scopeOf(['GET'], ['/repos/acme/site/**']), as('planner'))
    expect(set.decide(asked)).toMatchObject({ effect: 'allow', rules: ['github-read'] })
    for (const target of ['https://evil.example/repos/acme/site', 'https://gitlab.com/acme/site']) {
      expect(set.decide(calling('GET', target, as('planner')))).toMatchObject({
        effect: 'deny',
        rules: [],
      })
    }
    expect(set.decide(calling('GET', PULLS, as('stranger'))).effect).toBe('deny')
  })

  it('PROXY-25: an internal service is open for one tenant and small bodies', async () => {
    const set = await examples()
    const post = (text: string, tenant = 42) =>
      set.decide(
        calling('POST', '', {
          ...as('worker'),
          request: {
            type: 'http',
            method: 'POST',
            target: `https://orders.internal.example/tenants/${tenant}/orders/7/notes`,
            body: { media_type: 'application/json', bytes: Buffer.byteLength(text), text },
          },
        }),
      )
    expect(post('{"note":"late"}')).toMatchObject({
      effect: 'allow',
      obligations: { model: false, log: false },
    })
    expect(post('{"note":"late","role":"admin"}').effect).toBe('require_approval')
    expect(post('{"note":"late"}', 43).effect).toBe('require_approval')
  })

  it('CRPX-15: payments are denied at night, whatever else allows them', async () => {
    const set = await examples()
    const pay = (hours: number) =>
      set.decide(
        calling('GET', 'https://api.github.com/repos/acme/site', {
          ...as('planner'),
          at: (FACTS.at + hours * 3600) as typeof FACTS.at,
          credential: { name: 'bank', category: 'payment' },
        }),
      ).effect
    expect([pay(0), pay(7), pay(21)]).toEqual(['allow', 'deny', 'allow'])
  })
})
