import type { AlertKind } from './alert.ts'
import type { PrincipalId, TenantId, WebhookId } from './ids.ts'
import {
  WEBHOOK_ATTEMPTS_MAX,
  WEBHOOK_RETRY_SECONDS,
  WEBHOOK_RETRY_SECONDS_MAX,
  WEBHOOK_URL_CHARACTERS_MAX,
} from './limits.ts'
import { refuse } from './refusal.ts'
import { accept, type Result } from './result.ts'
import { isPrivateAddress } from './scope/address.ts'
import { isAddressLiteral } from './scope/host.ts'
import { splitTarget } from './scope/target.ts'
import type { EpochSeconds } from './time.ts'

/** A receiver of alerts. It gets what its owner sees, while the owner has a credential in force. */
export interface Webhook {
  readonly id: WebhookId
  readonly tenant: TenantId
  readonly owner: PrincipalId
  readonly url: string
  readonly kinds: 'any' | readonly AlertKind[]
  /** Whether the receiver may be at an address that is not public. */
  readonly privateNet: boolean
  readonly createdAt: EpochSeconds
  /** Since when deliveries are given up; null while they arrive. */
  readonly failingSince: EpochSeconds | null
}

/** Where a receiver is, taken apart once: nothing reads the text a second time. */
export interface WebhookTarget {
  readonly scheme: 'https' | 'http'
  /** Without brackets. */
  readonly hostname: string
  readonly port: number
  /** With the query. */
  readonly path: string
}

const LOOPBACK: readonly string[] = ['127.0.0.1', '[::1]']

/**
 * Where a receiver is: https, or http on this very machine (`127.0.0.1`, `[::1]`). An address that
 * is not public takes `privateNet`; what a name resolves to is looked at when it is dialed.
 * Refusal: `malformed`.
 */
export function parseWebhookUrl(text: string, privateNet: boolean): Result<WebhookTarget> {
  if (text.length > WEBHOOK_URL_CHARACTERS_MAX) return refused('The address is too long.')
  const target = splitTarget(text)
  if (!target.ok) return refused(`This is no address to deliver to: ${target.detail}.`)
  const { scheme, host, port, path, query } = target.value
  if (scheme === 'http' && !LOOPBACK.includes(host)) {
    return refused('Without https only 127.0.0.1 and [::1] are delivered to.')
  }
  if (!privateNet && isAddressLiteral(host) && isPrivateAddress(host)) {
    return refused('The address is not public; say private_net to deliver there.')
  }
  const hostname = host.startsWith('[') ? host.slice(1, -1) : host
  const whole = query === undefined ? path : `${path}?${query}`
  return accept({ scheme, hostname, port, path: whole })
}

/**
 * Seconds to wait after an attempt that failed; null when it was the last. Doubles up to a cap, and
 * `chance` (0 to 1) takes up to a fifth away, so that what failed together does not come back
 * together.
 */
export function retryAfter(attempts: number, chance: number): number | null {
  if (attempts >= WEBHOOK_ATTEMPTS_MAX) return null
  const whole = Math.min(WEBHOOK_RETRY_SECONDS * 2 ** (attempts - 1), WEBHOOK_RETRY_SECONDS_MAX)
  return Math.max(1, Math.round(whole * (1 - chance / 5)))
}

function refused(detail: string): Result<never> {
  return refuse('malformed', {}, [{ pointer: '/url', code: 'url', detail }])
}
