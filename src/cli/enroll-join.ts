import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { hostname, platform, release } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Command } from 'commander'
import type { Connection } from '../client/client.ts'
import { pathOf } from '../client/client.ts'
import type { AgentView, CertificateView } from '../client/views/agents.ts'
import type { OwnRegistrationView } from '../client/views/enrollment.ts'
import { collectionStatement, registrationStatement } from '../domain/enrollment.ts'
import { readPlatformKey } from '../vault/bound-key.ts'
import { ask } from './ask.ts'
import { readBinding } from './bound-identity.ts'
import { keepIdentity, makeRequest } from './identity.ts'
import { readJsonArgument, readToken } from './input.ts'
import { CommandFailure, EXIT, usage } from './outcome.ts'
import type { Output } from './output.ts'
import { privateFolder } from './secret-file.ts'
import { readSettings } from './settings.ts'

const LOOK_EVERY_MS = 2_000

/** Options of `writ enroll join`. */
interface JoinOptions {
  readonly name: string
  readonly out?: string
  readonly agentType?: string
  readonly program?: string
  /** A digest that is known already, instead of that of a file. */
  readonly fingerprint?: string
  readonly evidence?: string
  readonly bind?: true
  readonly timeout: number
}

/**
 * Answers an invitation as the agent: makes the key, registers, waits for the owner, and keeps what
 * was issued in a closed folder. The key never leaves this machine; with `--bind` its file opens on
 * no other.
 */
export async function join(options: JoinOptions, command: Command): Promise<void> {
  const { output, ...settings } = readSettings(command)
  const folder = options.out ?? options.name
  if (options.bind) readBinding()
  privateFolder(folder)
  const { tokenFile } = command.optsWithGlobals<{ readonly tokenFile?: string }>()
  const guest = settings.bearing(await readToken(tokenFile))
  const begun = await ask<{ readonly nonce: string; readonly trust_domain: string }>(guest, {
    method: 'POST',
    path: '/v1/registrations/begin',
  })
  const made = await makeRequest(`spiffe://${begun.trust_domain}/agent/${options.name}`)
  const { signWithKey } = await import('../pki/csr.ts')
  const sign = (text: string) => signWithKey(made.privateKeyPem, text)
  const registered = await register(guest, options, {
    csr: made.csrPem,
    nonce: begun.nonce,
    sign,
  })
  const { id, challenge } = registered
  output.note(`Registered as ${id}. The owner lets it in: writ enroll approve ${id}`)
  const waiting = settings.bearing(registered.collect_secret)
  await untilApproved(waiting, options.timeout, output)
  const issued = await ask<AgentView & CertificateView>(waiting, {
    method: 'POST',
    path: pathOf(['v1', 'registrations', id, 'certificate']),
    body: { proof: sign(collectionStatement({ registration: id, challenge })) },
  })
  const { certificate, ca, uri } = issued
  await keepIdentity(folder, { certificate, ca }, made.privateKeyPem, options.bind === true)
  output.note(`Its identity is in ${folder}: use --identity ${folder}`)
  await output.result({ uri, registration: id, folder }, () => `${uri} was let in.`)
}

async function register(
  guest: Connection,
  options: JoinOptions,
  own: { readonly csr: string; readonly nonce: string; readonly sign: (text: string) => string },
): Promise<OwnRegistrationView & { readonly collect_secret: string }> {
  const evidence =
    options.evidence === undefined ? { method: 'mtls' } : await readJsonArgument(options.evidence)
  const method = (evidence as { readonly method?: unknown } | null)?.method
  if (typeof method !== 'string') throw usage('Evidence names its method.')
  const platformFacts = {
    agentType: options.agentType ?? null,
    hostname: hostname() || null,
    platform: `${platform()} ${release()}`,
    binaryFingerprint:
      options.program === undefined ? (options.fingerprint ?? null) : digestOf(options.program),
    machineFingerprint: machineFingerprint(),
  }
  const requestHash = createHash('sha256').update(own.csr).digest('base64url')
  const { nonce, csr } = own
  const { name } = options
  const said = { nonce, name, requestHash, method, platform: platformFacts }
  return ask(guest, {
    method: 'POST',
    path: '/v1/registrations',
    body: {
      name,
      csr,
      proof: own.sign(registrationStatement(said)),
      evidence,
      platform: {
        agent_type: platformFacts.agentType,
        hostname: platformFacts.hostname,
        platform: platformFacts.platform,
        binary_fingerprint: platformFacts.binaryFingerprint,
        machine_fingerprint: platformFacts.machineFingerprint,
      },
    },
  })
}

async function untilApproved(
  waiting: Connection,
  timeoutSeconds: number,
  output: Output,
): Promise<void> {
  const end = Date.now() + timeoutSeconds * 1_000
  const path = '/v1/registrations/self'
  output.note('Waiting for the owner …')
  for (;;) {
    const { state } = await ask<OwnRegistrationView>(waiting, { method: 'GET', path })
    if (state === 'approved') return
    if (state !== 'pending') throw new CommandFailure(EXIT.denied, `Not let in: ${state}.`)
    if (Date.now() >= end) throw new CommandFailure(EXIT.failure, 'The owner did not answer.')
    await sleep(LOOK_EVERY_MS)
  }
}

/** A digest of the machine's id under a label of its own; says nothing about the key it binds. */
function machineFingerprint(): string | null {
  try {
    const key = readPlatformKey(process.env['WRIT_PLATFORM_KEY_FILE'] || undefined)
    return createHash('sha256').update('writ machine v1\n').update(key).digest('base64url')
  } catch {
    return null
  }
}

function digestOf(file: string): string {
  try {
    return createHash('sha256').update(readFileSync(file)).digest('base64url')
  } catch (cause) {
    throw usage(`Cannot read ${file}: ${(cause as NodeJS.ErrnoException).code ?? cause}.`)
  }
}
