import { once } from 'node:events'
import { connect } from 'node:tls'
import type { Peer } from '../support/http.ts'
import type { Scene } from './rig.ts'

/** Headers of a request as they are written. */
export type Lines = readonly (readonly [string, string])[]

/** Writes a request as it is given, and reads head and body of the answer. */
export async function raw(scene: Scene, as: Peer, line: string, headers: Lines, sent = '') {
  const { cert, key } = as.credential
  const { agentsPort: port, rootPem: ca } = scene.site
  const socket = connect({ host: '127.0.0.1', port, ca, cert, key, servername: '' })
  await once(socket, 'secureConnect')
  const chunks: Buffer[] = []
  socket.on('data', (chunk: Buffer) => chunks.push(chunk))
  const ended = once(socket, 'close')
  const text = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')
  socket.write(`${line} HTTP/1.1\r\n${text}Connection: close\r\n\r\n${sent}`)
  await ended
  const [head = '', body = ''] = Buffer.concat(chunks).toString('latin1').split('\r\n\r\n')
  const header = (name: string) =>
    new RegExp(`^${name}: (.*)$`, 'im').exec(head.replaceAll('\r', ''))?.[1]
  const status = Number(/^HTTP\/1.1 (\d+)/.exec(head)?.[1])
  return { status, code: header('writ-refusal'), header, body }
}

/** The DER of a PEM. */
export const derOf = (pem: string) =>
  Buffer.from(pem.replaceAll(/-----[A-Z ]+-----|\s/g, ''), 'base64')
/** A certificate in percent-encoding. */
export const escaped = (peer: { readonly cert: string }) =>
  encodeURIComponent(`${peer.cert.trim()}\n`)
/** A certificate as Envoy tells it, behind other fields. */
export const xfcc = (cert: string, more = '') => `${more}Cert="${escaped({ cert })}"`

type Change = Readonly<Record<string, string | undefined>>

const linesOf = (lines: Change): Lines =>
  Object.entries(lines).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const],
  )

/** What the Envoy of the tests sends about a request. */
export async function envoyLines(scene: Scene, change: Change = {}): Promise<Lines> {
  return linesOf({
    host: 'reports.example',
    authorization: `Bearer ${await scene.token()}`,
    'x-forwarded-proto': 'https',
    'x-forwarded-client-cert': xfcc(scene.agent.credential.cert),
    'content-length': '0',
    ...change,
  })
}

/** What the nginx of the tests sends about a request. */
export async function nginxLines(scene: Scene, change: Change = {}): Promise<Lines> {
  return linesOf({
    host: 'authority.internal',
    authorization: `Bearer ${await scene.token()}`,
    'x-original-method': 'GET',
    'x-original-uri': '/weekly/7',
    'x-original-host': 'reports.example',
    'x-original-proto': 'https',
    'x-ssl-client-cert': escaped(scene.agent.credential),
    ...change,
  })
}

/** Asks as Envoy does. */
export async function askEnvoy(scene: Scene, line: string, change: Change = {}, sent = '') {
  return raw(scene, scene.envoy, line, await envoyLines(scene, change), sent)
}

/** Asks as nginx does. */
export async function askNginx(scene: Scene, change: Change = {}) {
  return raw(scene, scene.nginx, 'GET /authz', await nginxLines(scene, change))
}
