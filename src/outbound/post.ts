import { request as requestPlain } from 'node:http'
import { request as requestTls } from 'node:https'
import { isPrivateAddress } from '../domain/scope/address.ts'
import type { WebhookTarget } from '../domain/webhook.ts'
import {
  BlockedAddress,
  checkedLookup,
  isBlockedLiteral,
  type Resolve,
  systemResolve,
} from './checked-lookup.ts'

/** One message for one receiver. */
export interface Post {
  readonly target: WebhookTarget
  /** Whether the receiver may be at an address that is not public. */
  readonly privateNet: boolean
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** From the first to the last byte. */
  readonly timeoutMs: number
}

/** The status of an answer, or why there is none: words for a person, without an address. */
export type PostAnswer =
  | { readonly kind: 'answered'; readonly status: number }
  | { readonly kind: 'failed'; readonly detail: 'blocked' | 'timeout' | 'tls' | 'unreachable' }

/** Sends one message. Never throws. */
export type SendPost = (post: Post) => Promise<PostAnswer>

/** How receivers are reached. */
export interface PostSettings {
  readonly resolve?: Resolve
  /** PEM of the authorities that receivers are trusted by, instead of the public ones. */
  readonly authorities?: readonly string[]
}

const LOOPBACK: readonly string[] = ['127.0.0.1', '::1']

/**
 * Posts to addresses that owners name. Each message has a connection of its own, which is dialed at
 * an address that was looked at (see `checkedLookup`); a redirect is an answer like any other and
 * is not followed; of the answer nothing but its status is read. No proxy of the environment is
 * used.
 */
export function createPost(settings: PostSettings = {}): SendPost {
  const { resolve = systemResolve, authorities } = settings
  return ({ target, privateNet, headers, body, timeoutMs }) =>
    new Promise((done) => {
      const isBlocked = blockedFor(target, privateNet)
      if (isBlockedLiteral(target.hostname, isBlocked)) {
        done({ kind: 'failed', detail: 'blocked' })
        return
      }
      const send = target.scheme === 'https' ? requestTls : requestPlain
      const length = Buffer.byteLength(body)
      const signal = AbortSignal.timeout(timeoutMs)
      const sent = send({
        method: 'POST',
        hostname: target.hostname,
        port: target.port,
        path: target.path,
        headers: { ...headers, 'content-length': length, connection: 'close' },
        agent: false,
        lookup: checkedLookup(resolve, isBlocked),
        signal,
        ...(authorities === undefined ? {} : { ca: [...authorities] }),
      })
      sent.on('response', (answer) => {
        done({ kind: 'answered', status: answer.statusCode ?? 0 })
        answer.destroy()
      })
      sent.on('error', (error) => {
        done({ kind: 'failed', detail: signal.aborted ? 'timeout' : failureOf(error) })
      })
      // Another protocol in place of an answer (101) is told by nothing else.
      sent.on('close', () => done({ kind: 'failed', detail: 'unreachable' }))
      sent.end(body)
    })
}

/** Without TLS there is nothing but this machine, whatever a name says. */
function blockedFor(target: WebhookTarget, privateNet: boolean): (address: string) => boolean {
  if (!privateNet) return isPrivateAddress
  return target.scheme === 'https' ? () => false : (address) => !LOOPBACK.includes(address)
}

function failureOf(error: Error): 'blocked' | 'tls' | 'unreachable' {
  if (error instanceof BlockedAddress) return 'blocked'
  const code = 'code' in error ? String(error.code) : ''
  const isTls = code.startsWith('ERR_TLS') || code.startsWith('ERR_SSL') || code.includes('CERT')
  return isTls || code.includes('SIGNATURE') ? 'tls' : 'unreachable'
}
