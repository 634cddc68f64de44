import { Client } from 'undici'
import {
  FEED_CONNECT_TIMEOUT_MS,
  FEED_FRAME_BYTES_MAX,
  FEED_SILENCE_MS,
} from '../../domain/limits.ts'
import { checkAuthorityIdentity } from '../../pki/authority-identity.ts'
import { readEvents } from './events.ts'

/** Who a reader is towards the authority, and whom it believes; PEM texts. */
export interface FeedCredentials {
  readonly certificate: string
  readonly privateKey: string
  readonly authorities: string
}

/** Room for `data: `, `id: ` and the ends of lines around a frame. */
const EVENT_ROOM = 64

/** An authority that answered, but not with the feed. */
export class FeedRefused extends Error {
  override readonly name = 'FeedRefused'
  readonly status: number

  constructor(status: number) {
    super(`The authority answered the feed with status ${status}.`)
    this.status = status
  }
}

/**
 * Follows the feed of one authority over a connection of its own, TLS 1.3 with both certificates:
 * the texts of its frames as they come, until the stream ends. Throws when there is no connection,
 * no feed (`FeedRefused`), or nothing is heard for FEED_SILENCE_MS.
 */
export async function* followFeed(order: {
  readonly authority: string
  readonly credentials: FeedCredentials
  readonly after: number
  readonly signal: AbortSignal
}): AsyncGenerator<string> {
  const { authority, credentials, after, signal } = order
  const client = new Client(authority, {
    connectTimeout: FEED_CONNECT_TIMEOUT_MS,
    headersTimeout: FEED_CONNECT_TIMEOUT_MS,
    bodyTimeout: FEED_SILENCE_MS,
    connect: {
      ca: credentials.authorities,
      cert: credentials.certificate,
      key: credentials.privateKey,
      minVersion: 'TLSv1.3',
      checkServerIdentity: checkAuthorityIdentity,
    },
  })
  try {
    const path = `/v1/revocations/feed?after=${after}`
    const headers = { accept: 'text/event-stream' }
    const answer = await client.request({ method: 'GET', path, headers, signal })
    if (answer.statusCode !== 200) throw new FeedRefused(answer.statusCode)
    const events = readEvents(answer.body, FEED_FRAME_BYTES_MAX + EVENT_ROOM)
    for await (const { data } of events) yield data
  } finally {
    await client.destroy()
  }
}
