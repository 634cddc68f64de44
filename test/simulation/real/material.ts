import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Appraiser } from '../../../src/attestation/appraise.ts'
import { createAppraiser } from '../../../src/attestation/appraise.ts'
import { createPost } from '../../../src/outbound/post.ts'
import type { CertificateAuthority } from '../../../src/pki/ca.ts'
import { openCertificateAuthority } from '../../../src/pki/ca.ts'
import { createAgentRequest } from '../../../src/pki/csr.ts'
import type { SigningKey } from '../../../src/token/key.ts'
import { type KeyRing, openKeyRing } from '../../../src/token/keyring.ts'
import {
  createWebhookSender,
  type WebhookSender,
} from '../../../src/usecases/alerts/webhook-sender.ts'
import { type MasterKey, openMasterKey } from '../../../src/vault/envelope.ts'
import { freshFolder, TRUST_DOMAIN } from '../../support/pki.ts'
import { T0 } from '../../support/store-facts.ts'
import { uriOf } from './cast.ts'

/** Issuer of every token of a simulation. */
export const ISSUER = 'https://authority.example'

/** What is dear to make and the same in every run: keys, authority, certificate requests. */
export interface Material {
  readonly ca: CertificateAuthority
  readonly appraise: Appraiser
  readonly webhooks: WebhookSender
  /** The certificate request of a name: one key for each, whoever asks and how often. */
  requestOf(name: string): Promise<string>
  /** Two rings in force, so that a run can change the key that signs. */
  readonly rings: readonly [KeyRing, KeyRing]
  /** What credentials would be sealed under. */
  readonly master: MasterKey
  /** A key that no ring knows. */
  readonly stranger: SigningKey
  remove(): void
}

/** Makes everything once, in a folder of its own. */
export async function makeMaterial(): Promise<Material> {
  const folder = freshFolder()
  const clock = { now: () => T0 }
  const ring = async (name: string): Promise<KeyRing> => {
    const keysDir = join(folder, name)
    return openKeyRing({ keysDir, master: await openMasterKey(keysDir, {}), clock })
  }
  const keysDir = join(folder, 'ca')
  const master = await openMasterKey(keysDir, {})
  const requests = new Map<string, string>()
  const requestOf = async (name: string): Promise<string> => {
    const csrPem = requests.get(name) ?? (await createAgentRequest(uriOf(name))).csrPem
    requests.set(name, csrPem)
    return csrPem
  }
  return {
    ca: await openCertificateAuthority({ keysDir, master, trustDomain: TRUST_DOMAIN, now: T0 }),
    webhooks: createWebhookSender({ master, post: createPost(), clock }),
    appraise: createAppraiser({ verifier: ISSUER, releaseKeys: [] }),
    master,
    requestOf,
    rings: [await ring('first'), await ring('second')],
    stranger: (await ring('stranger')).active('token'),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}
