import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createAgentRequest } from '../../src/pki/csr.ts'
import { READER } from '../support/cli-process.ts'
import { freePort } from '../support/free-ports.ts'
import { type Deployment, openDeployment, type Peer } from '../support/http.ts'
import { type Credential, freshFolder, TRUST_DOMAIN } from '../support/pki.ts'

/** An example running as its own process, with an authority and an agent that may call it. */
export interface Example {
  readonly deployment: Deployment
  readonly worker: Peer
  readonly thief: Peer
  readonly port: number
  readonly audience: string
  open(scope?: object): Promise<string>
  mint(lease: string): Promise<string>
  close(): Promise<void>
}

/** Starts `examples/<name>/main.ts`; `grantsOf` says what the agents may do there. */
export async function startExample(
  name: string,
  grantsOf: (place: { readonly port: number; readonly audience: string }) => readonly object[],
): Promise<Example> {
  const deployment = await openDeployment()
  const port = await freePort()
  const origin = `https://127.0.0.1:${port}`
  const audience = `${origin}/${name}`
  const contract = {
    type: 'urn:writ:scope:v1',
    grants: grantsOf({ port, audience }),
    audiences: [audience],
    limits: { ttl_seconds: 3600, max_uses: 'unlimited', max_depth: 2, max_children: 5 },
    delegation: { allowed: true, delegates: [`spiffe://${TRUST_DOMAIN}/agent/**`] },
  } as never
  const worker = await deployment.enroll('worker', { contract })
  const thief = await deployment.enroll('thief', { contract })
  const folder =
    name === 'a2a'
      ? keepIdentity(deployment, name, worker.credential)
      : await enrollPoint(deployment, name, contract)
  const main = fileURLToPath(new URL(`../../examples/${name}/main.ts`, import.meta.url))
  const child = spawn(process.execPath, ['--import', READER, main], {
    env: {
      PATH: process.env['PATH'],
      WRIT_AGENTS_ADDR: `https://127.0.0.1:${deployment.agentsPort}`,
      WRIT_IDENTITY: folder,
      AUDIENCE: audience,
      ORIGIN: origin,
      PORT: String(port),
    },
  })
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString('utf8')
  })
  const exited = once(child, 'exit')
  await Promise.race([
    once(child.stdout, 'data'),
    exited.then(([code]) => Promise.reject(new Error(`${name} ended with ${code}: ${said}`))),
  ])
  return {
    deployment,
    worker,
    thief,
    port,
    audience,
    async open(scope = contract as object) {
      const opened = await worker.ask('POST', '/v1/leases', { body: { scope } })
      if (opened.status !== 201) throw new Error(opened.text)
      return opened.json.id
    },
    async mint(lease) {
      const minted = await worker.ask('POST', '/v1/tokens', { body: { lease_id: lease, audience } })
      if (minted.status !== 201) throw new Error(minted.text)
      return minted.json.tokens[0].token
    },
    async close() {
      child.kill('SIGKILL')
      await exited
      rmSync(folder, { recursive: true })
      await deployment.close()
    },
  }
}

/** Enrolls a service that serves as `127.0.0.1` with its own certificate; answers its folder. */
async function enrollPoint(deployment: Deployment, name: string, contract: object) {
  const uri = `spiffe://${TRUST_DOMAIN}/gateway/${name}` as never
  const { csrPem: csr, privateKeyPem } = await createAgentRequest(uri)
  const order = { name, role: 'enforcement', csr, contract, server_names: ['127.0.0.1'] }
  const body = { ...order, evidence: { method: 'mtls' } }
  const { status, text, json } = await deployment.owner.ask('POST', '/v1/agents', { body })
  if (status !== 201) throw new Error(text)
  return keepIdentity(deployment, name, { cert: json.certificate, key: privateKeyPem })
}

function keepIdentity(deployment: Deployment, name: string, { cert, key }: Credential): string {
  const folder = join(freshFolder(), name)
  mkdirSync(folder)
  writeFileSync(join(folder, 'agent.crt'), cert)
  writeFileSync(join(folder, 'agent.key'), key, { mode: 0o600 })
  writeFileSync(join(folder, 'ca.crt'), deployment.rootPem)
  return folder
}
