import { X509Certificate } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { IDENTITY_FILES } from '../settings.ts'
import { type CheckOutcome, failed, ok, type Surroundings, skipped, warning } from './outcome.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** An agent's certificate lives a day and is renewed at half of it. */
const AGENT_MS_MIN = 4 * HOUR_MS
/** Time to order another one, or to restart within office hours. */
const SERVER_MS_MIN = 14 * DAY_MS
/** Every agent has to be enrolled under another root: that is a project. */
const ROOT_MS_MIN = 180 * DAY_MS
const HANDSHAKE_MS = 1_000

/** The certificate of the agent that is configured here. */
export async function agentCertificate({
  settings,
  now,
}: Pick<Surroundings, 'settings' | 'now'>): Promise<readonly CheckOutcome[]> {
  const name = 'certificate'
  let pem: string | undefined
  try {
    pem = settings.certificate(settings.agentsAddress).certificate
  } catch {
    return [skipped(name, 'No agent is configured here (--identity).')]
  }
  const held = readCertificate(pem ?? '')
  if (held === undefined) return [failed(name, 'It is no certificate.', 'writ agent reissue NAME')]
  const ended = Date.parse(held.validTo) <= now.getTime()
  const remedy = ended ? 'writ agent reissue NAME' : 'writ agent renew --identity FOLDER'
  const subject = held.subjectAltName ?? 'It has no name and'
  return [judgeEnd(name, held, { now, least: AGENT_MS_MIN, remedy, subject })]
}

/** What the listeners show, and the file the api listener is given. */
export async function serverCertificates({
  settings,
  config,
  now,
}: Pick<Surroundings, 'settings' | 'config' | 'now'>): Promise<readonly CheckOutcome[]> {
  const file = config['listeners.api_certificate']
  const api = file === '' ? [] : [fileCertificate('api certificate', file, now)]
  const shown = [
    ['certificate of agents', settings.agentsAddress],
    ['certificate of gateway', settings.gatewayAddress],
  ] as const
  const judged = shown.map(async ([name, address]) => {
    const certificate = await shownBy(address)
    if (certificate === undefined) return skipped(name, `No TLS server at ${address}.`)
    const remedy = 'Start the server again: it makes itself a new one.'
    return judgeEnd(name, certificate, { now, least: SERVER_MS_MIN, remedy, subject: address })
  })
  return [...api, ...(await Promise.all(judged))]
}

/** The root of the authority, where a file of it lies here. */
export async function rootCertificate({
  settings,
  config,
  now,
}: Pick<Surroundings, 'settings' | 'config' | 'now'>): Promise<readonly CheckOutcome[]> {
  const name = 'root certificate'
  const kept = join(config.keys_dir, IDENTITY_FILES.ca)
  const file = settings.files.ca ?? (existsSync(kept) ? kept : undefined)
  if (file === undefined) return [skipped(name, 'No root is configured here (WRIT_CACERT).')]
  return [fileCertificate(name, file, now, ROOT_MS_MIN)]
}

function fileCertificate(name: string, file: string, now: Date, least = SERVER_MS_MIN) {
  let certificate: X509Certificate | undefined
  try {
    certificate = readCertificate(readFileSync(file, 'utf8'))
  } catch (cause) {
    return failed(name, `Cannot read ${file}: ${(cause as NodeJS.ErrnoException).code ?? cause}.`)
  }
  const remedy =
    least === ROOT_MS_MIN
      ? 'Plan a new root: every agent is enrolled anew under it.'
      : `Put a new certificate into ${file}, and start the server again.`
  if (certificate === undefined) return failed(name, `${file} is no certificate.`, remedy)
  return judgeEnd(name, certificate, { now, least, remedy, subject: file })
}

/** Failed when it is over or not yet in force, a warning when less than `least` is left. */
function judgeEnd(
  name: string,
  certificate: X509Certificate,
  given: {
    readonly now: Date
    readonly least: number
    readonly remedy: string
    readonly subject: string
  },
): CheckOutcome {
  const { now, least, remedy, subject } = given
  const left = Date.parse(certificate.validTo) - now.getTime()
  if (left <= 0) return failed(name, `${subject} ended ${certificate.validTo}.`, remedy)
  if (Date.parse(certificate.validFrom) > now.getTime()) {
    const sentence = `${subject} is in force only from ${certificate.validFrom}.`
    return failed(name, sentence, 'timedatectl set-ntp true')
  }
  const life = left < 2 * DAY_MS ? `${(left / HOUR_MS).toFixed(1)} h` : `${days(left)} days`
  const text = `${subject} for ${life} more`
  return left < least ? warning(name, text, remedy) : ok(name, text)
}

function days(milliseconds: number): number {
  return Math.floor(milliseconds / DAY_MS)
}

function readCertificate(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem)
  } catch {
    return undefined
  }
}

/** Only looked at, never trusted: whether it is trusted is another question. */
function shownBy(address: string): Promise<X509Certificate | undefined> {
  const { hostname, port, protocol } = new URL(address)
  if (protocol !== 'https:') return Promise.resolve(undefined)
  return new Promise((resolve) => {
    const socket = connect({
      host: hostname.replace(/^\[|\]$/g, ''),
      port: Number(port === '' ? 443 : port),
      rejectUnauthorized: false,
      timeout: HANDSHAKE_MS,
    })
    const answer = (certificate: X509Certificate | undefined) => {
      resolve(certificate)
      socket.destroy()
    }
    socket.once('secureConnect', () => answer(socket.getPeerX509Certificate()))
    socket.on('error', () => answer(undefined))
    socket.once('timeout', () => answer(undefined))
  })
}
