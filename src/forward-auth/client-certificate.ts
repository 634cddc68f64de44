import { createHash } from 'node:crypto'
import { refuse } from '../domain/refusal.ts'
import { accept, type Result } from '../domain/result.ts'
import type { CertificateForm } from './proxy-table.ts'
import type { Question } from './question.ts'

/** The certificate of the client, as its proxy tells it. */
export interface ToldCertificate {
  readonly der: Uint8Array
  /** The URI name the proxy read in it, where it says one. */
  readonly uri?: string
}

const HEADERS: Readonly<Record<CertificateForm, string>> = {
  'client-cert': 'client-cert',
  'escaped-pem': 'x-ssl-client-cert',
  xfcc: 'x-forwarded-client-cert',
}
const PEM = /^-----BEGIN CERTIFICATE-----\n([A-Za-z0-9+/=\n]+)-----END CERTIFICATE-----\n?$/
const FIELD = /^(By|Hash|Cert|Chain|Subject|URI|DNS)=(?:"((?:[^"\\]|\\.)*)"|([^",;=]*))(;|$)/

/**
 * Reads the one certificate header that this proxy is configured for. None is `unauthenticated`;
 * two, another form beside it, a second certificate in it, and every other spelling are
 * `malformed`: what the proxy overwrites and what a client may have added have to be one.
 */
export function readClientCertificate(
  { headers }: Question,
  form: CertificateForm,
): Result<ToldCertificate> {
  const name = HEADERS[form]
  const other = Object.values(HEADERS).find((header) => header !== name && headers.has(header))
  if (other !== undefined) return refuse('malformed', { header: other })
  const [value = '', ...more] = headers.get(name) ?? []
  if (more.length > 0) return refuse('malformed', { header: name, times: more.length + 1 })
  // nginx sends nothing, Caddy an empty byte sequence, where the client showed no certificate.
  if (value === '' || value === '::') return refuse('unauthenticated', { header: name })
  const told = READERS[form](value)
  return told === undefined ? refuse('malformed', { header: name }) : accept(told)
}

const READERS: Readonly<Record<CertificateForm, (value: string) => ToldCertificate | undefined>> = {
  'client-cert': (value) => {
    const [, base64 = ''] = /^:([A-Za-z0-9+/=]+):$/.exec(value) ?? []
    return certificateOf(base64)
  },
  'escaped-pem': readPem,
  xfcc: readXfcc,
}

/** A PEM block in percent-encoding. */
function readPem(escaped: string): ToldCertificate | undefined {
  try {
    const [, lines = ''] = PEM.exec(decodeURIComponent(escaped)) ?? []
    return certificateOf(lines.replaceAll('\n', ''))
  } catch {
    return undefined
  }
}

/** One element of Envoy's header; each field once, and the digest has to be that of `Cert`. */
function readXfcc(value: string): ToldCertificate | undefined {
  const fields = new Map<string, string>()
  let rest = value
  while (rest !== '') {
    const [whole = '', name = '', quoted, plain = ''] = FIELD.exec(rest) ?? []
    if (whole === '' || fields.has(name)) return undefined
    fields.set(name, quoted ?? plain)
    rest = rest.slice(whole.length)
  }
  const told = readPem(fields.get('Cert') ?? '')
  if (told === undefined) return undefined
  const digest = createHash('sha256').update(told.der).digest('hex')
  if ((fields.get('Hash') ?? digest) !== digest) return undefined
  const uri = fields.get('URI')
  return uri === undefined ? told : { ...told, uri }
}

function certificateOf(base64: string): ToldCertificate | undefined {
  const der = Buffer.from(base64, 'base64')
  return base64 !== '' && der.toString('base64') === base64 ? { der } : undefined
}
