import { sign } from 'node:crypto'
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  POLICY_FILE_BYTES_MAX,
  POLICY_FILES_MAX,
  POLICY_NESTING_MAX,
  POLICY_PROBLEMS_MAX,
  POLICY_QUORUM_MAX,
  POLICY_RULES_MAX,
} from '../../src/domain/limits.ts'
import { policyStatement, readPolicyFolder } from '../../src/policy/read-folder.ts'
import { readPolicySet } from '../../src/policy/read-set.ts'
import { freshEd25519 } from '../support/fresh-keys.ts'
import { freshFolder } from '../support/pki.ts'
import { READ_REPOS, rule, setOf } from './samples.ts'

/** The problems of one file, as `line: reason`. */
function problemsOf(text: string): readonly string[] {
  const read = readPolicySet([{ name: 'a.toml', text }])
  return read.ok ? [] : read.problems.map(({ line, reason }) => `${line}: ${reason}`)
}

const AUTO = ['match.agents = ["spiffe://writ.test/agent/planner"]', 'approval.mode = "auto"']
const ALLOW = ['[policy.allow]', 'hosts = ["a.example"]', 'methods = ["GET"]', 'paths = ["/**"]']

describe('a policy file is read strictly', () => {
  it('CDP-38, CDP-39, CDP-40: the shape of CDP is read as it stands there', () => {
    const hash = 'a1b2c3d4'.repeat(8)
    const set = setOf(`
[[policy]]
name = "github-readonly"

[policy.match]
agent_binary_hash = "sha256:${hash}"   # Required for auto-approve
credential_ref = "github_api"

[policy.allow]
hosts = ["api.github.com"]
methods = ["GET"]
paths = ["/repos/**"]
ttl_seconds = 600
max_requests = 100

[policy.approval]
mode = "auto"   # Trusted binary, no dialog needed
`)
    const [only] = set.rules
    expect(only).toMatchObject({
      name: 'github-readonly',
      mode: 'auto',
      place: { file: '0.toml', line: 2 },
      match: { credential_ref: ['github_api'] },
      allow: { limits: { ttl_seconds: 600, max_uses: 100 }, delegation: { allowed: false } },
    })
    expect(only?.match.agent_binary_hash?.[0]).toMatch(/^sha-256:[A-Za-z0-9_-]{43}$/)
  })

  it.each<[string, string, string]>([
    ['what is not TOML', '[[policy]]\nname = ', '2: this is not TOML'],
    ['a file of something else', '[policy]\nname = "a"', '1: a file is a list'],
    ['no rule at all', '# nothing', '1: a file is a list'],
    ['another table beside', `${READ_REPOS}\n[other]\na = 1`, '12: nobody reads other'],
    ['an unknown member', rule('a', [...AUTO, 'speed = 1', ...ALLOW]), '5: speed: no such member'],
    [
      'an unknown condition',
      rule('a', ['match.agent = "x"', 'approval.mode = "deny"']),
      '3: match.agent: no such member',
    ],
    [
      'a wrong type',
      rule('a', [...AUTO, ...ALLOW.slice(0, 3), 'paths = "/**"']),
      '8: allow.paths: not a list',
    ],
    [
      'T-01: an empty list',
      rule('a', [...AUTO, ...ALLOW.slice(0, 3), 'paths = []']),
      '8: allow.paths: an empty list is never meant',
    ],
    [
      'T-01: a dimension that is left out',
      rule('a', [...AUTO, ...ALLOW.slice(0, 3)]),
      '5: allow.paths: missing',
    ],
    [
      'T-07: a delegation that does not say how deep',
      rule('a', [...AUTO, ...ALLOW, 'delegation = { allowed = true }']),
      '9: allow.delegation.max_depth: a delegation needs a depth of 1 or more',
    ],
    [
      'a depth of what may not be delegated',
      rule('a', [...AUTO, ...ALLOW, 'delegation = { allowed = false, max_depth = 2 }']),
      '9: allow.delegation: says how to delegate what may not be delegated',
    ],
    [
      'CDPX-20: redirects, which are never followed',
      rule('a', [...AUTO, ...ALLOW, 'network = { follow_redirects = true }']),
      '9: allow.network.follow_redirects: redirects are never followed here',
    ],
    [
      'CDPX-20: networks, which nobody here enforces',
      rule('a', [...AUTO, ...ALLOW, 'network.allowed_ip_ranges = ["10.0.0.0/8"]']),
      '9: allow.network.allowed_ip_ranges: no such member',
    ],
    [
      'renewals of what may not be renewed',
      rule('a', [...AUTO, ...ALLOW, 'renewable = false', 'max_renewals = 2']),
      '5: allow: bounds renewals of what may not be renewed',
    ],
    [
      'forbidden paths that leave nothing',
      rule('a', [...AUTO, ...ALLOW, 'forbidden_paths = ["/**"]']),
      '9: allow.forbidden_paths: forbids all that is allowed',
    ],
    [
      'a rule that allows without saying what',
      rule('a', AUTO),
      '1: allow: missing; say allow = "contract" for all of it',
    ],
    [
      'a rule that denies and says what is allowed',
      rule('a', ['match = "any"', 'approval.mode = "deny"', ...ALLOW]),
      '5: allow: stands in a rule whose mode is deny',
    ],
    [
      'people where none are asked',
      rule('a', [...AUTO, 'approval.quorum = 2', ...ALLOW]),
      '4: approval: says how to ask people, but its mode is auto',
    ],
    [
      'a question in the middle of a call',
      rule('a', ['match = "any"', 'approval = { mode = "prompt", on = ["call"] }', ...ALLOW]),
      '4: approval.on.0: not one of lease.open, lease.renew, delegation.create',
    ],
    [
      'no condition',
      rule('a', ['approval.mode = "deny"', '[policy.match]']),
      '4: match: no condition is never meant; say match = "any"',
    ],
    [
      'a network that is none',
      rule('a', ['match.addresses = ["10.0.0.0/33"]', 'approval.mode = "deny"']),
      '3: match.addresses.0: not an address, or a network such as 10.0.0.0/8',
    ],
    [
      'hours that are none',
      rule('a', ['match.time = { from = "09:00", to = "09:00" }', 'approval.mode = "deny"']),
      '3: match.time: from and to are the same',
    ],
  ])('%s is refused with its line', (_what, text, expected) => {
    expect(problemsOf(text).join('\n')).toContain(expected)
  })

  it.each([
    ['a name', 'match.agent_id = "planner"'],
    ['a name, whatever its tier', 'match = { agent_id = "planner", attestation_min = "warning" }'],
    ['nothing', 'match = "any"'],
    ['a user', 'match.users = ["alice"]'],
  ])('CDP-38, CDPX-19: auto for who is known by %s is refused', (_what, match) => {
    const text = rule('a', [match, 'approval.mode = "auto"', 'allow = "contract"'])
    expect(problemsOf(text).join()).toContain('auto needs an identity that is proven')
    expect(problemsOf(text.replace('"auto"', '"prompt"'))).toEqual([])
  })

  it('two rules of one name are refused, wherever they stand', () => {
    const read = readPolicySet([
      { name: 'b.toml', text: READ_REPOS },
      { name: 'a.toml', text: `\n${READ_REPOS}` },
    ])
    expect(read).toEqual({
      ok: false,
      problems: [
        { file: 'b.toml', line: 1, reason: 'the name read-repos is taken by the rule at a.toml:2' },
      ],
    })
  })

  it('a rule that can never apply is refused, and names the one that denies', () => {
    const deny = rule('no', [
      'match.agents = ["spiffe://writ.test/agent/planner"]',
      'approval.mode = "deny"',
    ])
    expect(problemsOf(`${READ_REPOS}\n${deny}`).join()).toContain(
      'never applies: no at a.toml:12 denies the same',
    )
  })

  it('no file, and more rules than POLICY_RULES_MAX, are refused', () => {
    expect(readPolicySet([]).ok).toBe(false)
    const many = Array.from({ length: POLICY_RULES_MAX + 1 }, (_, index) =>
      rule(`r${index}`, [`match.users = ["u${index}"]`, 'approval.mode = "deny"']),
    )
    expect(problemsOf(many.join('\n'))).toEqual([
      `1: there are more than ${POLICY_RULES_MAX} rules`,
    ])
  })

  it('more people than POLICY_QUORUM_MAX, or a nesting beyond POLICY_NESTING_MAX, is refused', () => {
    const many = `approval = { mode = "prompt", quorum = ${POLICY_QUORUM_MAX + 1} }`
    expect(problemsOf(rule('a', ['match = "any"', many, 'allow = "contract"'])).join()).toContain(
      `approval.quorum: not between 1 and ${POLICY_QUORUM_MAX}`,
    )
    const deep = '['.repeat(POLICY_NESTING_MAX + 1) + ']'.repeat(POLICY_NESTING_MAX + 1)
    expect(problemsOf(`policy = ${deep}`)).toHaveLength(1)
  })

  it('at most POLICY_PROBLEMS_MAX problems are told', () => {
    const wrong = Array.from({ length: POLICY_PROBLEMS_MAX + 1 }, () => '[[policy]]\nname = 1')
    expect(problemsOf(wrong.join('\n'))).toHaveLength(POLICY_PROBLEMS_MAX)
  })

  it('the version is that of names and texts, in whatever order they come', () => {
    const other = READ_REPOS.replace('read-repos', 'other')
    const files = [
      { name: 'a.toml', text: READ_REPOS },
      { name: 'b.toml', text: other },
    ]
    const versions = [files, files.toReversed()].map((set) => {
      const read = readPolicySet(set)
      return read.ok ? read.set.version : 'refused'
    })
    expect(new Set(versions).size).toBe(1)
    expect(versions[0]).toMatch(/^[A-Za-z0-9_-]{43}$/)
  })
})

describe('CDPX-23: a policy folder', () => {
  function folderOf(text = READ_REPOS): string {
    const folder = join(freshFolder(), 'policies')
    mkdirSync(folder, { mode: 0o700 })
    writeFileSync(join(folder, 'a.toml'), text, { mode: 0o600 })
    return folder
  }
  async function reasonsIn(folder: string, signedBy?: Parameters<typeof readPolicyFolder>[1]) {
    const read = await readPolicyFolder(folder, signedBy)
    return read.ok ? [] : read.problems.map(({ file, reason }) => `${file}: ${reason}`)
  }

  it('is read with every file that ends in .toml, and none that an editor hides', async () => {
    const folder = folderOf()
    writeFileSync(join(folder, '.a.toml.swp.toml'), 'not toml', { mode: 0o600 })
    writeFileSync(join(folder, 'README.md'), 'not toml', { mode: 0o600 })
    expect(await reasonsIn(folder)).toEqual([])
  })

  it('is refused when others may write it, or a file of it', async () => {
    const folder = folderOf()
    chmodSync(join(folder, 'a.toml'), 0o622)
    expect((await reasonsIn(folder)).join()).toContain('a.toml: may be written by others')
    chmodSync(join(folder, 'a.toml'), 0o600)
    chmodSync(folder, 0o770)
    expect((await reasonsIn(folder)).join()).toContain('the folder may be written by others')
  })

  it('is refused with a file that is too long, is none, or is gone', async () => {
    const folder = folderOf('#'.repeat(POLICY_FILE_BYTES_MAX + 1))
    expect((await reasonsIn(folder)).join()).toContain(`longer than ${POLICY_FILE_BYTES_MAX} bytes`)
    symlinkSync('/nowhere', join(folder, 'b.toml'))
    mkdirSync(join(folder, 'c.toml'))
    const reasons = (await reasonsIn(folder)).join('\n')
    expect(reasons).toContain('b.toml: can not be read (ENOENT)')
    expect(reasons).toContain('c.toml: this is not a file')
    expect((await reasonsIn(join(folder, 'none'))).join()).toContain('ENOENT')
    for (let file = 0; file < POLICY_FILES_MAX; file += 1) {
      writeFileSync(join(folder, `f${file}.toml`), '', { mode: 0o600 })
    }
    expect((await reasonsIn(folder)).join()).toContain(`more than ${POLICY_FILES_MAX} files`)
  })

  it('with a policy key, every file needs a signature over its name and text', async () => {
    const folder = folderOf()
    const { publicKey, privateKey } = freshEd25519()
    const signedBy = { signedBy: publicKey }
    const put = (name: string) => {
      const statement = policyStatement(name, Buffer.from(READ_REPOS))
      const signature = sign(null, statement, privateKey).toString('base64url')
      writeFileSync(join(folder, 'a.toml.sig'), `${signature}\n`, { mode: 0o600 })
    }
    expect((await reasonsIn(folder, signedBy)).join()).toContain('its signature: can not be read')
    put('b.toml')
    expect((await reasonsIn(folder, signedBy)).join()).toContain('not by the configured key')
    put('a.toml')
    expect(await reasonsIn(folder, signedBy)).toEqual([])
    writeFileSync(join(folder, 'a.toml'), `${READ_REPOS}\n`, { mode: 0o600 })
    expect((await reasonsIn(folder, signedBy)).join()).toContain('not by the configured key')
  })
})
