import { spawn } from 'node:child_process'
import { randomBytes, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { constants } from 'node:os'
import { basename } from 'node:path'
import type { Command } from 'commander'
import type { Connection } from '../../client/client.ts'
import type { MintedView } from '../../client/views/tokens.ts'
import { epochSeconds } from '../../domain/time.ts'
import { ask } from '../ask.ts'
import { audienceFor } from '../audience.ts'
import { gathered } from '../options.ts'
import { CommandFailure, EXIT, usage } from '../outcome.ts'
import { readSettings } from '../settings.ts'
import { openPasswordSocket } from '../wrap/password-socket.ts'
import { startRelay } from '../wrap/relay.ts'
import { TOOLS } from '../wrap/tools.ts'

const PASSWORD_BYTES = 32

/** `writ wrap`: runs git or kubectl so that each of its requests is one call under a lease. */
export function registerWrap(wrap: Command): void {
  wrap
    .argument('<command...>', 'git or kubectl with its arguments, after --')
    .requiredOption('--lease <lease>', 'the lease to call from')
    .requiredOption('--route <name>', 'the route at the gateway')
    .option('--for <prefix>', 'for git: addresses the route stands for; may be repeated', gathered)
    .option('--audience <uri>', 'the resource (default: that of the lease)')
    .addHelpText(
      'after',
      `
  writ wrap --lease lease_… --route github --for https://github.com/ -- git clone \\
    https://github.com/acme/app
  writ wrap --lease lease_… --route cluster -- kubectl get pods

The tool is led to a relay on this machine that spends one single-use token for each request. It
never holds a token or a key; the password of the run reaches it over a pipe.`,
    )
    .action(run)
}

interface WrapOptions {
  readonly lease: string
  readonly route: string
  readonly for?: readonly string[]
  readonly audience?: string
}

async function run(words: readonly string[], options: WrapOptions, command: Command) {
  const { output, ...settings } = readSettings(command)
  const [tool = '', ...args] = words
  const known = TOOLS[basename(tool)]
  if (known === undefined) {
    throw usage(`writ wrap knows ${Object.keys(TOOLS).join(' and ')}, not ${tool}.`)
  }
  const prefixes = options.for ?? []
  if (basename(tool) === 'git' && prefixes.length === 0) {
    throw usage('Which addresses does the route stand for? Give --for https://github.com/.')
  }
  const base = `${settings.gatewayAddress}/${options.route}`
  const connection = settings.certificate(settings.agentsAddress)
  const audience = options.audience ?? (await audienceFor(base, options.lease, connection))
  const { createGatewayClient } = await import('../../client/gateway.ts')
  const gateway = createGatewayClient({ ...connection, address: settings.gatewayAddress })
  const password = randomBytes(PASSWORD_BYTES).toString('base64url')
  const socket = await openPasswordSocket(password)
  const tls = known.tls ? await loopbackTls() : undefined
  const relay = await startRelay({
    password,
    tls,
    mint: () => mintOne(connection, options.lease, audience),
    gateway,
    base,
    told: (sentence) => output.note(`writ: ${sentence}`),
  })
  try {
    const environment = known.environment({
      relay: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${relay.port}`,
      certificate: tls?.cert,
      helper: [...ownCommand(), 'wrap-credential', socket.path],
      folder: socket.folder,
      prefixes,
    })
    process.exitCode = await runTool(tool, args, environment)
  } finally {
    await relay.close()
    await socket.close()
    await gateway.close()
  }
}

async function loopbackTls(): Promise<{ readonly cert: string; readonly key: string }> {
  const { createLoopbackCertificate } = await import('../../pki/loopback.ts')
  const now = epochSeconds(Math.floor(Date.now() / 1_000))
  const { certificatePem: cert, privateKeyPem: key } = await createLoopbackCertificate(now)
  return { cert, key }
}

async function mintOne(connection: Connection, lease: string, audience: string): Promise<string> {
  const minted = await ask<MintedView>(connection, {
    method: 'POST',
    path: '/v1/tokens',
    body: { lease_id: lease, audience },
    idempotencyKey: randomUUID(),
  })
  const token = minted.tokens[0]?.token
  if (token === undefined) throw new CommandFailure(EXIT.failure, 'No token was minted.')
  return token
}

/** How this very command is started again. */
function ownCommand(): readonly string[] {
  return [process.execPath, ...process.execArgv, process.argv[1] ?? 'writ']
}

/** Variables of ours: passphrases, tokens, the URL of a database among them. No tool needs any. */
const OURS = 'WRIT_'
const PASSED_ON = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** The tool on our own terminal; answers its exit status, as a shell would tell it. */
async function runTool(
  tool: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<number> {
  const theirs = Object.entries(process.env).filter(([name]) => !name.startsWith(OURS))
  const env: NodeJS.ProcessEnv = { ...Object.fromEntries(theirs), ...environment }
  const child = spawn(tool, args, { stdio: 'inherit', env })
  const pass = (signal: NodeJS.Signals) => child.kill(signal)
  for (const signal of PASSED_ON) process.on(signal, pass)
  try {
    const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null]
    return code ?? 128 + (signal === null ? 0 : constants.signals[signal])
  } catch (cause) {
    throw new CommandFailure(EXIT.failure, `${tool} can not be run.`, {
      error: 'failure',
      detail: (cause as Error).message,
    })
  } finally {
    for (const signal of PASSED_ON) process.off(signal, pass)
  }
}
