import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from 'commander'
import type { Connection } from '../client/client.ts'
import { privateKeyIn } from './bound-identity.ts'
import { usage } from './outcome.ts'
import { type Output, openOutput } from './output.ts'
import { secretText } from './secret-file.ts'

/** Where the listeners stand unless told otherwise. */
const ADDRESSES = {
  api: 'http://127.0.0.1:9441',
  agents: 'https://127.0.0.1:9442',
  gateway: 'https://127.0.0.1:9443',
} as const

/** The files of an identity folder, as `agent add` writes them. */
export const IDENTITY_FILES = { certificate: 'agent.crt', key: 'agent.key', ca: 'ca.crt' } as const

interface GlobalFlags {
  readonly json?: true
  readonly addr?: string
  readonly agentsAddr?: string
  readonly gatewayAddr?: string
  readonly tokenFile?: string
  readonly identity?: string
  readonly cacert?: string
  readonly cert?: string
  readonly key?: string
}

/** What a command needs to know of its surroundings. Flags come before the environment. */
export interface Settings {
  readonly output: Output
  readonly apiAddress: string
  readonly agentsAddress: string
  readonly gatewayAddress: string
  /** Files of an identity, as far as flags, environment or an identity folder name them. */
  readonly files: {
    readonly ca: string | undefined
    readonly certificate: string | undefined
    readonly key: string | undefined
  }
  /** As owner or operator; a usage failure names what is missing. */
  bearer(): Connection
  /** With a one-time secret of enrollment. */
  bearing(secret: string): Connection
  /** As an agent, at the listener given; a usage failure names what is missing. */
  certificate(address: string): Connection
  /**
   * As whoever is configured, for what both may do: a certificate named by a flag, then the token,
   * then a certificate from the environment.
   */
  either(): Connection
}

/** Reads flags and environment of one command line. */
export function readSettings(
  command: Command,
  environment: NodeJS.ProcessEnv = process.env,
): Settings {
  const flags = command.optsWithGlobals<GlobalFlags>()
  const env = withoutEmpty(environment)
  const identity = flags.identity ?? env['WRIT_IDENTITY']
  const inFolder = (file: string) => (identity === undefined ? undefined : join(identity, file))
  const files = {
    ca: flags.cacert ?? env['WRIT_CACERT'] ?? inFolder(IDENTITY_FILES.ca),
    certificate: flags.cert ?? env['WRIT_CLIENT_CERT'] ?? inFolder(IDENTITY_FILES.certificate),
    key: flags.key ?? env['WRIT_CLIENT_KEY'] ?? inFolder(IDENTITY_FILES.key),
  }
  const apiAddress = address(flags.addr ?? env['WRIT_ADDR'] ?? ADDRESSES.api, '--addr')
  const agents = flags.agentsAddr ?? env['WRIT_AGENTS_ADDR'] ?? ADDRESSES.agents
  const gateway = flags.gatewayAddr ?? env['WRIT_GATEWAY_ADDR'] ?? ADDRESSES.gateway
  const settings: Settings = {
    output: openOutput(flags.json === true, env),
    apiAddress,
    agentsAddress: address(agents, '--agents-addr'),
    gatewayAddress: address(gateway, '--gateway-addr'),
    files,
    bearer: () => settings.bearing(readBearer(flags, env)),
    bearing(secret) {
      const ca = files.ca === undefined ? undefined : fileText(files.ca)
      return { address: confidential(apiAddress), bearer: secret, ca }
    },
    certificate: (at) => ({ address: at, ...readIdentity(files) }),
    either() {
      const flagged = flags.identity ?? flags.cert
      const token = flags.tokenFile ?? env['WRIT_TOKEN'] ?? env['WRIT_TOKEN_FILE']
      const asAgent = flagged !== undefined || (token === undefined && files.certificate)
      return asAgent ? settings.certificate(settings.agentsAddress) : settings.bearer()
    },
  }
  return settings
}

function readBearer(flags: GlobalFlags, env: NodeJS.ProcessEnv): string {
  if (flags.tokenFile !== undefined) return secretText(flags.tokenFile).trim()
  const token = env['WRIT_TOKEN']
  if (token !== undefined) return token
  const file = env['WRIT_TOKEN_FILE']
  if (file !== undefined) return secretText(file).trim()
  throw usage(
    'Who asks? Set WRIT_TOKEN or WRIT_TOKEN_FILE, or give --token-file: ' +
      'the first owner’s token is keys/owner.token of the server.',
  )
}

function readIdentity(files: {
  readonly ca: string | undefined
  readonly certificate: string | undefined
  readonly key: string | undefined
}): Pick<Connection, 'ca' | 'certificate' | 'privateKey'> {
  const { ca, certificate, key } = files
  if (certificate === undefined || key === undefined) {
    throw usage('Which agent asks? Give --identity FOLDER, or --cert and --key.')
  }
  return {
    ca: ca === undefined ? undefined : fileText(ca),
    certificate: fileText(certificate),
    privateKey: privateKeyIn(key),
  }
}

function fileText(name: string): string {
  try {
    return readFileSync(name, 'utf8')
  } catch (cause) {
    throw usage(`Cannot read ${name}: ${(cause as NodeJS.ErrnoException).code ?? cause}.`)
  }
}

/** A variable set to nothing is as good as not set. */
function withoutEmpty(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''))
}

/** A bearer token goes over TLS, or stays on this machine. */
function confidential(origin: string): string {
  const { protocol, hostname } = new URL(origin)
  const local = ['127.0.0.1', '[::1]', 'localhost'].includes(hostname)
  if (protocol === 'https:' || local) return origin
  throw usage(`${origin} would carry the token in the clear: use https, or a tunnel.`)
}

/** An origin; anything behind it would be dropped without a word, so it is refused. */
function address(text: string, flag: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const bare = url !== undefined && (url.protocol === 'http:' || url.protocol === 'https:')
  if (!bare || url.pathname !== '/' || url.search !== '' || url.username !== '') {
    throw usage(`${flag} takes an address such as https://127.0.0.1:9442, not ${text}.`)
  }
  return url.origin
}
