import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { CertificateView } from '../client/views/agents.ts'
import { keptKey } from './bound-identity.ts'
import { usage } from './outcome.ts'
import { privateFolder, writeSecret } from './secret-file.ts'
import { IDENTITY_FILES } from './settings.ts'

/** A key that stays here, and the request for a certificate that goes to the owner. */
export interface AgentRequest {
  readonly csrPem: string
  readonly privateKeyPem: string
}

/** Makes a key and a certificate request for an agent id (PKCS #10, one URI SAN). */
export async function makeRequest(uri: string): Promise<AgentRequest> {
  const { parseAgentUri } = await import('../domain/ids.ts')
  const parsed = parseAgentUri(uri)
  if (parsed === undefined)
    throw usage(`${uri} is not an agent id: spiffe://<domain>/agent/<name>.`)
  const { createAgentRequest } = await import('../pki/csr.ts')
  return createAgentRequest(parsed)
}

/**
 * Keeps what is given of an identity in a folder only its owner can read; its key bound to this
 * machine when asked, or when the key before it was.
 */
export async function keepIdentity(
  folder: string,
  issued: CertificateView,
  privateKeyPem: string | undefined,
  bound = false,
): Promise<void> {
  privateFolder(folder)
  if (privateKeyPem !== undefined) {
    const file = join(folder, IDENTITY_FILES.key)
    writeSecret(file, keptKey(file, privateKeyPem, bound))
  }
  writeSecret(join(folder, IDENTITY_FILES.certificate), issued.certificate)
  writeSecret(join(folder, IDENTITY_FILES.ca), issued.ca)
}

/** The agent id in a certificate: its one URI SAN. */
export async function uriInFolder(folder: string): Promise<string> {
  const name = join(folder, IDENTITY_FILES.certificate)
  const pem = await readFile(name).catch((cause: NodeJS.ErrnoException) => {
    throw usage(`Cannot read ${name}: ${cause.code ?? cause.message}.`)
  })
  const names = new X509Certificate(pem).subjectAltName?.split(', ') ?? []
  const uris = names.filter((entry) => entry.startsWith('URI:'))
  const [uri] = uris
  if (uri === undefined || uris.length !== 1) throw usage(`${name} does not name one agent.`)
  return uri.slice('URI:'.length)
}
