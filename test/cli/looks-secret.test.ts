import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { judgeVariable } from '../../src/cli/secrets/looks-secret.ts'
import { letters } from '../support/made-secrets.ts'

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
const der = privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64')
const open = publicKey.export({ type: 'spki', format: 'pem' }).toString()
const RANDOM = `${letters(20)}aZ9`

describe('a variable is taken for a secret', () => {
  test.each<[string, string, string]>([
    ['by its name', 'SHOP_KEY', 'hunter2hunter2'],
    ['by its name, with what it is for behind', 'API_TOKEN_V2', 'hunter2hunter2'],
    ['by its name, in one word', 'PGPASSWORD', 'pass'],
    ['by its name, though the value is a uuid', 'API_KEY', '0b0f0b7e-5a35-4a0e-9a54-0d5de2dbd1e3'],
    ['by its name, in small letters', 'shop_secret', 'hunter2hunter2'],
    ['by the form of its value, whatever the name', 'X', `ghp_${letters(36)}`],
    ['by the form of its value, though its name says public', 'PUBLIC_X', `sk_live_${letters(24)}`],
    ['since an address has a password', 'DATABASE_URL', 'postgres://app:hunter2@db/app'],
    ['as a private key', 'SIGNING', pem],
    ['as a private key in base64', 'SIGNING', Buffer.from(pem).toString('base64')],
    ['as a private key without its lines', 'SIGNING', der],
    ['as a signed token', 'SESSION', `eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJhIn0.${letters(40)}`],
    ['since it looks random', 'SALT', RANDOM],
  ])('%s', (_why, name, value) => {
    expect(judgeVariable(name, value)).toMatchObject({ secret: true })
  })
})

describe('a variable is left alone', () => {
  test.each<[string, string, string]>([
    ['empty', 'SHOP_KEY', ''],
    ['a placeholder', 'SHOP_KEY', 'changeme'],
    ['a placeholder of a provider', 'GITHUB_TOKEN', `ghp_${'x'.repeat(36)}`],
    ['the example of AWS', 'AWS_SECRET_ACCESS_KEY', 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'],
    ['a reference', 'SHOP_KEY', '\u0024{OTHER}'],
    ['a reference of a manager', 'SHOP_KEY', 'op://vault/item/field'],
    ['a number', 'MAX_TOKENS', '4096'],
    ['a switch', 'USE_TOKEN', 'true'],
    ['a file', 'SECRET', '/run/secrets/shop'],
    ['what tells about one', 'AWS_ACCESS_KEY_ID', `${'AKIA'}Q3EGRWXY2ZKL5MNO`],
    ['a life', 'TOKEN_TTL', '15 minutes'],
    ['a public key by name', 'STRIPE_PUBLISHABLE_KEY', 'pk_live_whatever'],
    ['a public key', 'JWT_KEY', open],
    ['a public key of ssh', 'DEPLOY_KEY', `ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI${RANDOM} a@b`],
    ['an address', 'SHOP_URL', 'https://shop.example.com/v1'],
    ['an address with a placeholder', 'DATABASE_URL', 'postgres://app:\u0024{PASSWORD}@db/app'],
    ['a uuid', 'PROJECT', '0b0f0b7e-5a35-4a0e-9a54-0d5de2dbd1e3'],
    ['a commit', 'REVISION', '9fceb02d0ae598e95dc970b74767f19372d61af8'],
    [
      'a digest',
      'IMAGE',
      'sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
    ],
    ['a hash of a lock file', 'INTEGRITY', `sha512-${RANDOM}${RANDOM}==`],
    ['words', 'GREETING', 'Welcome-To-The-Shop-Of-2024'],
    ['a version', 'RELEASE', 'v20.20.2-linux-x64-Node'],
  ])('%s', (_what, name, value) => {
    const verdict = judgeVariable(name, value)
    expect(verdict).toMatchObject({ secret: false })
    if (value !== '') expect(verdict.because).not.toContain(value)
  })
})
