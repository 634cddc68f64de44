import { isLoopback, type ListenAddress, matching, oneOf, type Reader, text } from './readers.ts'

/** How the listener of people speaks. */
export interface ApiSettings {
  /** Whether the api listener speaks TLS, and whether it asks people for a certificate. */
  readonly 'listeners.api_tls': 'off' | 'on' | 'with_certificates'
  /** PEM files of what it then shows; empty: a certificate of our own authority. */
  readonly 'listeners.api_certificate': string
  readonly 'listeners.api_private_key': string
  /** What `/.well-known/security.txt` names; empty: there is no such file, or no policy. */
  readonly security_contact: string
  readonly security_policy: string
}

/** How these are read, and what holds where nothing is said. */
export const API_SETTINGS: {
  readonly [Name in keyof ApiSettings]: readonly [Reader<ApiSettings[Name]>, ApiSettings[Name]]
} = {
  'listeners.api_tls': [oneOf('off', 'on', 'with_certificates'), 'off'],
  'listeners.api_certificate': [text, ''],
  'listeners.api_private_key': [text, ''],
  security_contact: [
    matching(/^(mailto:[!-~]+@[!-~]+|https:\/\/[!-~]+)?$/, 'a mailto: or https: URI'),
    '',
  ],
  security_policy: [matching(/^(https:\/\/[!-~]+)?$/, 'an https: URI'), ''],
}

/** What does not fit together in the settings of the api listener, as a sentence. */
export function apiProblem(
  config: ApiSettings & {
    readonly 'listeners.api': ListenAddress
    readonly plain_api_off_loopback: boolean
  },
): string | undefined {
  const { host } = config['listeners.api']
  const isPlain = config['listeners.api_tls'] === 'off'
  if (isPlain && !isLoopback(host) && !config.plain_api_off_loopback) {
    return (
      `listeners.api: ${host} is not loopback, and this listener takes bearer tokens in clear. ` +
      'Set listeners.api_tls, put a TLS proxy before it and set plain_api_off_loopback, or use a ' +
      'loopback address.'
    )
  }
  const hasFile = config['listeners.api_certificate'] !== ''
  if (hasFile !== (config['listeners.api_private_key'] !== '')) {
    return 'listeners.api_certificate and listeners.api_private_key: set both or neither.'
  }
  return hasFile && isPlain ? 'listeners.api_certificate: listeners.api_tls is off.' : undefined
}
