import { createPrivateKey } from 'node:crypto'
import { type Provider, providerByForm } from './providers.ts'
import { isPlaceholder, isRandom } from './randomness.ts'

/** Whether a variable looks like a secret, and why; the reason says nothing of its value. */
export interface Verdict {
  readonly secret: boolean
  readonly because: string
  readonly shape?: 'private_key' | 'connection' | 'token'
  readonly provider?: Provider
}

const no = (because: string): Verdict => ({ secret: false, because })

const SECRET_WORD =
  /(?:^|_)(KEY|APIKEY|TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|PASS|PWD|CREDENTIALS?|PAT)(?:_|\d|$)/
const RUN_TOGETHER = /(PASSWORD|APIKEY|TOKEN|SECRET)$/
const PUBLIC_WORD = /(?:^|_)(?:PUBLIC|PUBLISHABLE|ANON|PUB)(?:_|$)/
/** Last words of names that tell about a secret, or where it lies, and are none. */
const ABOUT = new RegExp(
  '_(?:ID|URL|URI|HOST|PORT|NAME|FILE|PATH|DIR|FOLDER|TTL|SECONDS|MINUTES|HOURS|DAYS|EXPIRY|' +
    'EXPIRES|EXPIRATION|LENGTH|SIZE|LIMIT|COUNT|MAX|MIN|TYPE|ALG|ALGORITHM|ENABLED|REGION|' +
    'VERSION|ENDPOINT|USER|USERNAME|EMAIL|PREFIX|HEADER|ISSUER|AUDIENCE|CERT|CERTIFICATE)$',
)
/** A password between scheme and host of an address (RFC 3986 §3.2.1). */
const WITH_PASSWORD = /^([a-z][a-z0-9+.-]*):\/\/[^/?#\s:]*:([^/?#\s]+)@/i
const JWT = /^eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]*$/

/** Judges one variable by its value and, where that says nothing, by its name. */
export function judgeVariable(name: string, value: string): Verdict {
  if (value === '') return no('it is empty')
  if (pointsElsewhere(value)) return no('it names another place')
  if (isPlaceholder(value)) return no('a placeholder')
  const told = byForm(value)
  if (told !== undefined) return told
  const upper = name.toUpperCase()
  if (PUBLIC_WORD.test(upper)) return no('its name says that it is public')
  if (/^(?:true|false|yes|no|on|off|null|none|\d{1,6})$/i.test(value)) {
    return no('a number or a switch')
  }
  if (ABOUT.test(upper)) return no('its name tells about something else')
  if (isPath(value)) return no('the name of a file')
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(value)) return no('an address without a password')
  const word = SECRET_WORD.exec(upper)?.[1] ?? RUN_TOGETHER.exec(upper)?.[1]
  if (word !== undefined) return { secret: true, because: `its name says ${word}` }
  if (isRandom(value)) return { secret: true, because: 'its value looks random' }
  return no('neither its name nor its value looks like one')
}

/** What the value alone tells for sure. */
function byForm(value: string): Verdict | undefined {
  const provider = providerByForm(value)
  if (provider !== undefined) {
    if (provider.isId) return no('an id, and not the secret beside it')
    return { secret: true, because: provider.what, provider }
  }
  const pem = value.startsWith('LS0tLS1') ? Buffer.from(value, 'base64').toString('latin1') : value
  if (/-----BEGIN [A-Z0-9 ]*PRIVATE KEY/.test(pem) || isDerKey(value)) {
    return { secret: true, because: 'a private key', shape: 'private_key' }
  }
  if (/-----BEGIN /.test(pem) || /^(?:ssh|ecdsa|sk)-\S+ AAAA/.test(value)) {
    return no('a certificate or public key')
  }
  const password = WITH_PASSWORD.exec(value)?.[2]
  if (password !== undefined && !pointsElsewhere(password) && !isPlaceholder(password)) {
    return { secret: true, because: 'an address with a password', shape: 'connection' }
  }
  if (JWT.test(value)) return { secret: true, because: 'a signed token', shape: 'token' }
  return undefined
}

/** `$NAME`, `${NAME}` and the references of secret managers. */
export function pointsElsewhere(value: string): boolean {
  return (
    /^\$[A-Za-z_][A-Za-z0-9_]*$/.test(value) ||
    /^\$[{(][^}]*[})]$/.test(value) ||
    /^\{\{.*\}\}$/.test(value) ||
    /^(?:op|vault|awssm|gcpsm|sops):/.test(value)
  )
}

function isPath(value: string): boolean {
  return /^(?:\.{1,2}|~)?\/[\w.@-]+(?:\/[\w.@-]+)*\/?$/.test(value) && !isRandom(value)
}

/** A key in DER, as base64 without the lines of PEM; a certificate begins alike and is none. */
function isDerKey(value: string): boolean {
  if (!/^M[A-Za-z0-9+/]{60,}={0,2}$/.test(value)) return false
  const key = Buffer.from(value, 'base64')
  return (['pkcs8', 'pkcs1', 'sec1'] as const).some((type) => {
    try {
      createPrivateKey({ key, format: 'der', type })
      return true
    } catch {
      return false
    }
  })
}
