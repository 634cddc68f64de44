import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** A run as a tool's environment is told of it. Nothing in it is a secret. */
export interface WrappedRun {
  /** Origin of the relay. */
  readonly relay: string
  /** The command that prints the password, and its arguments. */
  readonly helper: readonly string[]
  /** A folder of this run alone. */
  readonly folder: string
  /** PEM the relay is trusted by, when it speaks TLS. */
  readonly certificate: string | undefined
  /** Prefixes of addresses that the route stands for, such as `https://github.com/`. */
  readonly prefixes: readonly string[]
}

/** What a tool finds in its environment beside what it would find anyway. */
type Environment = Readonly<Record<string, string>>

/** How a tool is led to the relay; kubectl shows what its plugin says over TLS only. */
interface Tool {
  readonly tls: boolean
  readonly environment: (run: WrappedRun) => Environment
}

/** The tools that can be wrapped. */
export const TOOLS: Readonly<Record<string, Tool>> = {
  git: { tls: false, environment: gitEnvironment },
  kubectl: { tls: true, environment: kubectlEnvironment },
}

/**
 * Git goes to the relay instead of the addresses the route stands for, asks the helper for the
 * password, and asks nobody else: no prompt, no other helper, no proxy, no redirect.
 */
function gitEnvironment({ relay, helper, prefixes }: WrappedRun): Environment {
  const settings = [
    ...prefixes.map((prefix) => [`url.${relay}/.insteadOf`, prefix] as const),
    ['credential.helper', ''],
    [`credential.${relay}.helper`, `!${helper.map(quoted).join(' ')}`],
    [`http.${relay}.proxy`, ''],
    ['http.followRedirects', 'false'],
  ] as const
  const environment: Record<string, string> = {
    GIT_CONFIG_COUNT: String(settings.length),
    GIT_TERMINAL_PROMPT: '0',
    GIT_ASKPASS: '',
  }
  settings.forEach(([key, value], index) => {
    environment[`GIT_CONFIG_KEY_${index}`] = key
    environment[`GIT_CONFIG_VALUE_${index}`] = value
  })
  return environment
}

/** kubectl gets a configuration of its own, whose exec plugin is the helper (client-go). */
function kubectlEnvironment(run: WrappedRun): Environment {
  const { relay, helper, folder, certificate = '' } = run
  const [command = '', ...args] = helper
  const exec = {
    apiVersion: 'client.authentication.k8s.io/v1beta1',
    command,
    args: [...args, '--kubernetes'],
    interactiveMode: 'Never',
  }
  const authority = Buffer.from(certificate).toString('base64')
  const cluster = { server: relay, 'certificate-authority-data': authority }
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'writ', cluster }],
    users: [{ name: 'writ', user: { exec } }],
    contexts: [{ name: 'writ', context: { cluster: 'writ', user: 'writ' } }],
    'current-context': 'writ',
  }
  const path = join(folder, 'kubeconfig')
  writeFileSync(path, JSON.stringify(config), { mode: 0o600 })
  return { KUBECONFIG: path, NO_PROXY: '127.0.0.1' }
}

/** A word as a shell takes it for one. */
function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`
}
