import type { Command } from 'commander'
import type { AgentAttestationView, NonceView } from '../../client/views/attestation.ts'
import { ask } from '../ask.ts'
import { readJsonArgument, readToken } from '../input.ts'
import { usage } from '../outcome.ts'
import { readSettings } from '../settings.ts'

interface AttestOptions {
  readonly evidence: string
  readonly workloadToken?: string
  readonly nonce?: string
}

/** `writ agent nonce` and `writ agent attest`: proving again what an agent is. */
export function registerEvidence(agent: Command): void {
  agent
    .command('nonce')
    .description(
      'draw a nonce for evidence: with --identity for that agent, else for an enrollment',
    )
    .action(nonce)
  agent
    .command('attest')
    .description('prove again what the agent of --identity is')
    .option('--evidence <what>', 'mtls, oidc, or JSON: file, - or inline', 'mtls')
    .option('--workload-token <file>', 'oidc: the token of the platform, or - for stdin')
    .option('--nonce <nonce>', 'the nonce the token was asked for with; else one is drawn')
    .action(attest)
}

async function nonce(_options: unknown, command: Command): Promise<void> {
  const { output, ...settings } = readSettings(command)
  const drawn = await ask<NonceView>(settings.either(), { method: 'POST', path: '/v1/nonces' })
  await output.result(drawn, () => drawn.nonce)
}

async function attest(options: AttestOptions, command: Command): Promise<void> {
  const { output, ...settings } = readSettings(command)
  const connection = settings.certificate(settings.agentsAddress)
  const drawn = async (): Promise<string> => {
    const asked = { method: 'POST', path: '/v1/nonces' } as const
    return (await ask<NonceView>(connection, asked)).nonce
  }
  const evidence = await evidenceOf(options, options.nonce ?? drawn)
  const attested = await ask<AgentAttestationView>(connection, {
    method: 'POST',
    path: '/v1/agents/self/attestation',
    body: { evidence },
  })
  await output.result(attested, () => `${attested.tier}, by ${attested.method}, ${attested.at}`)
}

/** A process is measured over its own connection, which that of this command is not. */
async function evidenceOf(
  { evidence, workloadToken }: AttestOptions,
  nonce: string | (() => Promise<string>),
): Promise<unknown> {
  if (evidence === 'process') {
    throw usage('An agent whose process is measured has to ask itself, over its own connection.')
  }
  if (evidence === 'oidc' && workloadToken === undefined) {
    throw usage('Which token? Give --workload-token FILE.')
  }
  const token = workloadToken === undefined ? undefined : await readToken(workloadToken)
  const given = ['mtls', 'oidc'].includes(evidence)
    ? { method: evidence, token }
    : await readJsonArgument(evidence)
  if (typeof given !== 'object' || given === null) return given
  return { nonce: typeof nonce === 'string' ? nonce : await nonce(), ...given }
}
