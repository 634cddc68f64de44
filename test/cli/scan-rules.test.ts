import { generateKeyPairSync } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { matchesIn } from '../../src/cli/scan/rules.ts'
import { letters } from '../support/made-secrets.ts'

const hex = (length: number) => '0f1e2d3c4b5a69788796a5b4c3d2e1f0'.repeat(4).slice(0, length)
const dashes = '-----'
const key = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const pem = key.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
const locked = key.privateKey
  .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'four words of it' })
  .toString()
const open = key.publicKey.export({ type: 'spki', format: 'pem' }).toString()

/** One text in each form, and what of it may be shown. */
const TOKENS: readonly (readonly [string, string, string])[] = [
  ['token of GitHub', 'ghp_', letters(36)],
  ['token of GitHub', 'github_pat_', `${letters(22)}_${letters(59)}`],
  ['token of GitLab', 'glpat-', letters(20)],
  ['token of GitLab', 'glimt-', letters(25)],
  ['key of Anthropic', 'sk-ant-', `api03-${letters(80)}`],
  ['key of OpenRouter', 'sk-or-v1-', hex(64)],
  ['key of OpenAI', 'sk-proj-', letters(60)],
  ['key of OpenAI', 'sk-', `${letters(20)}T3BlbkFJ${letters(20, 9)}`],
  ['key of Stripe', 'sk_live_', letters(24)],
  ['key of Stripe', 'rk_test_', letters(24)],
  ['secret of a webhook', 'whsec_', letters(32)],
  ['token of Slack', 'xoxb-', `${'4821937705'}-${letters(24)}`],
  ['token of Slack', 'xapp-', `1-A0B1C2D3E4-4821937705-${hex(64)}`],
  [
    'address of a webhook of Slack',
    'https://hooks.slack.com/',
    `services/T0A1B2C3D/B4E5F6G7H/${letters(24)}`,
  ],
  ['address of a webhook of Slack', 'https://hooks.slack.com/', `triggers/${letters(44)}`],
  ['access key id of AWS', 'AKIA', 'Q3EGRWXY2ZKL5MNO'],
  ['access key id of AWS', 'ABIA', 'Q3EGRWXY2ZKL5MNO'],
  ['key of Google', 'AIza', letters(35)],
  ['key of Google', 'GOCSPX-', letters(28)],
  ['token of npm', 'npm_', letters(36)],
  ['token of PyPI', 'pypi-', `AgE${letters(60)}`],
  ['token of Hugging Face', 'hf_', letters(34)],
  ['key of Groq', 'gsk_', letters(52)],
  ['key of SendGrid', 'SG.', `${letters(22)}.${letters(43)}`],
  ['token of DigitalOcean', 'dop_v1_', hex(64)],
  ['token of Shopify', 'shpat_', hex(32)],
  ['token of Docker Hub', 'dckr_pat_', letters(27)],
  ['token of Vault', 'hvs.', letters(90)],
  ['token of Databricks', 'dapi', hex(32)],
  ['token of Databricks', 'dapi', `${hex(32)}-2`],
  ['key of age', 'AGE-SECRET-KEY-1', letters(58).toUpperCase()],
  ['token of a person at Writ', 'writ_owner_', letters(43)],
  ['handle of Writ', 'wrt_', letters(43)],
]

describe('in any file a token is found by its form', () => {
  test.each(TOKENS)('%s: %s…', (what, start, rest) => {
    const text = `const it = {\n  value: "${start}${rest}",\n}\n`
    const found = matchesIn('src/it.ts', text)
    expect(found).toEqual([{ offset: text.indexOf(start), what, shown: `${start}…` }])
  })

  test.each(TOKENS)(
    '%s: %s… is none within another word, or of one letter',
    (_what, start, rest) => {
      for (const text of [`x${start}${rest}`, `${start}${'x'.repeat(rest.length)}`]) {
        expect(matchesIn('src/it.ts', text)).toEqual([])
      }
    },
  )
})

describe('in any file a key is found', () => {
  test.each<[string, string, string]>([
    ['as PEM', pem, 'private key'],
    ['as PEM in JSON', JSON.stringify({ key: pem }), 'private key'],
    ['as PEM under a passphrase', locked, 'private key under a passphrase'],
    ['of OpenSSH', pem.replaceAll('PRIVATE', 'OPENSSH PRIVATE'), 'private key'],
    [
      'of PGP',
      pem.replace(/PRIVATE KEY/g, 'PGP PRIVATE KEY BLOCK').replace('\n', '\nVersion: 1\n\n'),
      'private key',
    ],
    ['of AWS, by its name', `aws_secret_access_key = ${letters(40)}`, 'secret key of AWS'],
    ['of AWS, in JSON', `{"SecretAccessKey": "${letters(40)}"}`, 'secret key of AWS'],
  ])('%s', (_how, text, what) => {
    expect(matchesIn('notes.txt', text).map((match) => match.what)).toEqual([what])
  })
})

/** What people's tools keep in their own files: a path, a line, and what it is taken for. */
const KEPT: readonly (readonly [string, string, string])[] = [
  ['.kube/config', `users:\n- user:\n    token: ${letters(40)}`, 'credential of Kubernetes'],
  ['a/my.kubeconfig', `    client-key-data: ${letters(60)}`, 'credential of Kubernetes'],
  [
    'deploy/k.yaml',
    `kind: Config\nclusters:\nusers:\n    password: ${letters(12)}`,
    'credential of Kubernetes',
  ],
  ['.aws/credentials', `[default]\naws_session_token=${letters(60)}`, 'credential of AWS'],
  ['.npmrc', `//registry.example.com/:_authToken=${letters(30)}`, 'credential of npm'],
  ['a/.npmrc', `_auth = "${letters(30)}"`, 'credential of npm'],
  ['.netrc', `machine a.example login b password ${letters(12)}`, 'password of netrc'],
  ['.git-credentials', `https://someone:${letters(12)}@git.example.com`, 'password of git'],
  [
    '.git/config',
    `[remote "origin"]\n\turl = https://me:${letters(12)}@git.example.com/a`,
    'password of git',
  ],
  [
    '.docker/config.json',
    `{"auths": {"a.example": {"auth": "${letters(24)}"}}}`,
    'credential of a container registry',
  ],
  ['.pypirc', `[pypi]\npassword: ${letters(12)}`, 'password of PyPI'],
  ['.pgpass', `db.example:5432:app:me:${letters(12)}`, 'password of PostgreSQL'],
]

describe('in the file of a tool its secret is found', () => {
  test.each(KEPT)('%s: %j', (path, text, what) => {
    const found = matchesIn(path, text)
    expect(found.map((match) => match.what)).toEqual([what])
    const at = text.split('\n').length
    expect(text.slice(0, found[0]?.offset).split('\n')).toHaveLength(at)
  })

  test.each(KEPT)('%s: nothing in another file, in %j', (_path, text) => {
    expect(matchesIn('docs/how-to.md', text)).toEqual([])
  })
})

describe('in a dotenv file a variable is found', () => {
  test.each<[string, string, string]>([
    ['.env', `SHOP_KEY=${letters(12)}`, 'SHOP_KEY: its name says KEY'],
    [
      'a/.env.local',
      `export SHOP_PASSWORD='${letters(12)}' # old`,
      'SHOP_PASSWORD: its name says PASSWORD',
    ],
    ['prod.env', `SALT=${letters(24)}`, 'SALT: its value looks random'],
    ['.envrc', `  DB_URL="postgres://a:${letters(9)}@db/a"`, 'DB_URL: an address with a password'],
  ])('%s: %s', (path, text, what) => {
    const [found] = matchesIn(path, `# first\n${text}\nPORT=80\n`)
    expect(found).toMatchObject({ what })
    expect(found?.shown).toMatch(/^.{0,2}…$/)
  })
})

const NO_SECRETS: readonly (readonly [string, string, string])[] = [
  ['a uuid', '.env', 'PROJECT=0b0f0b7e-5a35-4a0e-9a54-0d5de2dbd1e3'],
  ['a commit of git', '.env', `REVISION=${hex(40)}`],
  ['a digest', '.env', `IMAGE=sha256:${hex(64)}`],
  ['a hash in a lock file', 'package-lock.json', `"integrity": "sha512-${letters(86)}=="`],
  ['a hash of Python', 'poetry.lock', `{hash = "sha256:${hex(64)}"}`],
  ['a sum of Go', 'go.sum', `example.com/a v1.0.0 h1:${letters(43)}=`],
  ['a public key', 'key.pem', open],
  ['a public key of ssh', 'id.pub', `ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI${letters(43)} a@b`],
  [
    'a certificate',
    'a.crt',
    `${dashes}BEGIN CERTIFICATE${dashes}\nMII${letters(61)}\n${dashes}END CERTIFICATE${dashes}`,
  ],
  ['a certificate in a kubeconfig', '.kube/config', `    client-certificate-data: ${letters(60)}`],
  ['what kubectl hides', '.kube/config', '    token: REDACTED\n    client-key-data: DATA+OMITTED'],
  [
    'the first line of a key alone',
    'src/a.ts',
    `if (text.startsWith('${dashes}BEGIN PRIVATE KEY${dashes}')) {`,
  ],
  [
    'a key that is left out',
    'docs/a.md',
    `${dashes}BEGIN PRIVATE KEY${dashes}\n...\n${dashes}END PRIVATE KEY${dashes}`,
  ],
  [
    'the examples of AWS',
    'docs/a.md',
    'AKIAIOSFODNN7EXAMPLE\nsecret_access_key=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  ],
  ['a reference in an npmrc', '.npmrc', '//registry.example.com/:_authToken=\u0024{NPM_TOKEN}'],
  ['an empty login of docker', '.docker/config.json', '{"auths": {"a.example": {"auth": ""}}}'],
  [
    'an address without a password',
    '.git/config',
    '\turl = git@git.example.com:a/b\n\turl = https://git.example.com/a',
  ],
  ['a template', '.env.example', 'SHOP_KEY=changeme\nOTHER_KEY=<your key>\nTHIRD_TOKEN='],
  ['a short word', '.env.test', 'DB_PASSWORD=postgr'],
  ['a comment', '.env', `# SHOP_KEY=${letters(20)}`],
  ['words in the form of a key', 'docs/a.md', 'sk-ant-goes-here-in-the-settings'],
  ['a picture in a page', 'a.html', `<img src="data:image/png;base64,${letters(2000)}">`],
]

test.each(NO_SECRETS)('%s is not reported (%s)', (_what, path, text) => {
  expect(matchesIn(path, text)).toEqual([])
})

test('nor is anything in the lock file and the documents of this tree', () => {
  for (const path of ['package-lock.json', 'openapi.yaml', 'README.md', 'SECURITY.md']) {
    expect(matchesIn(path, readFileSync(path, 'latin1')), path).toEqual([])
  }
})

test('takes time in step with the length, whatever a file is made of', () => {
  const pieces = ['sk-ant-', 'A', ' \t', 'a:', 'https://a:', `${dashes}BEGIN `, 'SG.', 'password ']
  for (const piece of pieces) {
    const text = piece.repeat(Math.ceil(1_000_000 / piece.length))
    for (const path of [
      'a',
      '.env',
      '.npmrc',
      '.git/config',
      '.kube/config',
      '.pgpass',
      '.netrc',
    ]) {
      const begun = process.cpuUsage()
      matchesIn(path, text)
      expect(process.cpuUsage(begun).user, `${path} of ${piece}`).toBeLessThan(5_000_000)
    }
  }
})

test('and whatever a value in it is made of', () => {
  const heads = [
    ['.env', 'SHOP_TOKEN='],
    ['.npmrc', '_authToken='],
    ['.netrc', 'password '],
  ] as const
  for (const value of ['<'.repeat(200_000), `a://${':'.repeat(200_000)}`]) {
    for (const [path, head] of heads) {
      const begun = process.cpuUsage()
      matchesIn(path, `${head}${value}${letters(20)}\n`)
      const name = `${path} of ${value.slice(0, 5)}`
      expect(process.cpuUsage(begun).user, name).toBeLessThan(5_000_000)
    }
  }
})

test('of a name that is a file of its own only the beginning is told', () => {
  const name = `${'SHOP_'.repeat(1_000)}TOKEN`
  const [found] = matchesIn('.env', `${name}=${letters(20)}\n`)
  expect(found?.what).toBe(`${name.slice(0, 80)}…: its name says TOKEN`)
})
