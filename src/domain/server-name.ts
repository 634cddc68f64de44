import { SERVER_NAMES_MAX } from './limits.ts'
import { formatIpv6, parseIpv4, parseIpv6 } from './scope/address.ts'

const DNS_NAME =
  /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/
/** A last label of digits is read as an address by some software: no name then. */
const ENDS_IN_NUMBER = /(?:^|\.)(?:\d+|0x[0-9a-f]*)$/

/**
 * What a text is as a name in a server certificate: a lowercase DNS name of A-labels without a
 * wildcard, or an IP address in its one canonical spelling. Undefined when it is neither.
 */
export function serverNameKind(text: string): 'dns' | 'ip' | undefined {
  if (parseIpv4(text) !== undefined) return 'ip'
  const groups = parseIpv6(text)
  if (groups !== undefined) return formatIpv6(groups) === text ? 'ip' : undefined
  return DNS_NAME.test(text) && !ENDS_IN_NUMBER.test(text) ? 'dns' : undefined
}

/** Whether these can be the server names of one certificate: sound, each once, not too many. */
export function areServerNames(names: readonly string[]): boolean {
  return (
    names.length <= SERVER_NAMES_MAX &&
    new Set(names).size === names.length &&
    names.every((name) => serverNameKind(name) !== undefined)
  )
}
