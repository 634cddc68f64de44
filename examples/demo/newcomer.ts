import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { type ApiCall, createClient, pathOf } from '../../src/client/client.ts'
import { collectionStatement, registrationStatement } from '../../src/domain/enrollment.ts'
import type { AgentUri } from '../../src/domain/ids.ts'
import { createAgentRequest, signWithKey } from '../../src/pki/csr.ts'
import { ask } from './ask.ts'
import type { Asked, Order } from './orders.ts'

/** What a registration gives the agent that made it. */
interface Registered {
  readonly id: string
  readonly challenge: string
  readonly collect_secret: string
}

let registered: Registered | undefined

/** Answers an invitation. The key is made here and only signs; the answer says who to ask for. */
export async function register(
  order: Extract<Order, { op: 'register' }>,
): Promise<{ readonly asked: Asked; readonly key: string }> {
  const { api, uri, invitation } = order
  const { csrPem: csr, privateKeyPem: key } = await createAgentRequest(uri as AgentUri)
  const begun = await askWith(api, invitation, { method: 'POST', path: '/v1/registrations/begin' })
  if (begun.refusal !== undefined) return { asked: begun, key }
  const { nonce } = begun.value as { readonly nonce: string }
  const name = uri.slice(uri.lastIndexOf('/') + 1)
  const program = digestOf(readFileSync(process.argv[1] ?? ''))
  const platform = {
    agentType: 'demo',
    hostname: null,
    platform: process.platform,
    binaryFingerprint: program,
    machineFingerprint: null,
  }
  const said = { nonce, name, requestHash: digestOf(csr), method: 'mtls', platform }
  const asked = await askWith(api, invitation, {
    method: 'POST',
    path: '/v1/registrations',
    body: {
      name,
      csr,
      proof: signWithKey(key, registrationStatement(said)),
      evidence: { method: 'mtls' },
      platform: {
        agent_type: platform.agentType,
        platform: platform.platform,
        binary_fingerprint: program,
      },
    },
  })
  if (asked.refusal !== undefined) return { asked, key }
  const { collect_secret: secret, ...told } = asked.value as Registered
  registered = { ...told, collect_secret: secret }
  return { asked: { ...asked, value: told }, key }
}

/** Collects the certificate, once the owner has approved. */
export async function collect(api: string, key: string): Promise<Asked> {
  if (registered === undefined) throw new Error('this agent is not registered')
  const { id, challenge, collect_secret: secret } = registered
  return askWith(api, secret, {
    method: 'POST',
    path: pathOf(['v1', 'registrations', id, 'certificate']),
    body: { proof: signWithKey(key, collectionStatement({ registration: id, challenge })) },
  })
}

async function askWith(address: string, bearer: string, call: ApiCall): Promise<Asked> {
  const client = createClient({ address, bearer })
  try {
    return await ask(client, call)
  } finally {
    await client.close()
  }
}

function digestOf(bytes: string | Buffer): string {
  return createHash('sha256').update(bytes).digest('base64url')
}
