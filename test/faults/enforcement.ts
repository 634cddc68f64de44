import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Client } from '../../src/client/client.ts'
import type { AgentUri } from '../../src/domain/ids.ts'
import type { ScopeRequest } from '../../src/domain/scope/types.ts'
import { createAgentRequest } from '../../src/pki/csr.ts'

/** Enrolls an enforcement point and keeps its identity; answers the words that name it. */
export async function identityIn(
  folder: string,
  order: { readonly owner: Client; readonly name: string; readonly contract: ScopeRequest },
): Promise<readonly string[]> {
  const { owner, name, contract } = order
  const uri = `spiffe://writ.local/gateway/${name}` as AgentUri
  const { csrPem: csr, privateKeyPem } = await createAgentRequest(uri)
  const names = { role: 'enforcement', server_names: ['localhost', '127.0.0.1'] }
  const body = { name, csr, contract, evidence: { method: 'mtls' }, ...names }
  const path = '/v1/agents'
  const answer = await owner.call<{ certificate: string; ca: string }>({
    method: 'POST',
    path,
    body,
  })
  if (!answer.ok) throw new Error(JSON.stringify(answer.problem))
  mkdirSync(folder, { mode: 0o700 })
  const { certificate, ca } = answer.value
  for (const [file, text] of [
    ['agent.crt', certificate],
    ['agent.key', privateKeyPem],
    ['ca.crt', ca],
  ] as const) {
    writeFileSync(join(folder, file), text)
    chmodSync(join(folder, file), 0o600)
  }
  return ['--identity', folder]
}
