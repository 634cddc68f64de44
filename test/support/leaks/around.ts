import { writeFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { join } from 'node:path'
import { Agent as Connections, type Dispatcher } from 'undici'
import { type HttpsServer, startHttps } from '../https-server.ts'

/** A request as the upstream got it, with its body. */
export interface Arrived {
  readonly request: IncomingMessage
  readonly body: string
}

/** What a deployment stands among: an upstream, a KV engine and an issuer of access tokens. */
export interface Around {
  readonly upstream: HttpsServer
  readonly kv: HttpsServer
  readonly issuer: HttpsServer
  /** PEM file of the authorities of all three. */
  readonly authorities: string
  /** What each of them got, as text. */
  readonly got: { readonly upstream: string[]; readonly kv: string[]; readonly issuer: string[] }
  /** Connections of whoever trusts the upstream. */
  readonly trusting: Dispatcher
  /** How the upstream answers from now on. */
  answer(handle: (arrived: Arrived, response: ServerResponse) => void): void
  close(): Promise<void>
}

/** Starts them; the KV engine holds one secret, the issuer gives out one access token. */
export async function startAround(
  folder: string,
  given: { readonly kvValue: string; readonly accessToken: string },
): Promise<Around> {
  const [upstream, kv, issuer] = await Promise.all([startHttps(), startHttps(), startHttps()])
  const got = { upstream: [] as string[], kv: [] as string[], issuer: [] as string[] }
  const authorities = join(folder, 'around.pem')
  writeFileSync(authorities, [upstream, kv, issuer].map((one) => one.authorities).join('\n'))
  kv.answer(async (request, response) => {
    await hear(request, got.kv)
    const metadata = { created_time: '2026-11-21T08:00:00Z', deletion_time: '', destroyed: false }
    const data = { data: { value: given.kvValue }, metadata: { ...metadata, version: 1 } }
    tell(response, { request_id: 'r', lease_id: '', data, wrap_info: null, auth: null })
  })
  issuer.answer(async (request, response) => {
    await hear(request, got.issuer)
    tell(response, { access_token: given.accessToken, token_type: 'Bearer', expires_in: 600 })
  })
  const around: Around = {
    ...{ upstream, kv, issuer, authorities, got },
    trusting: new Connections({ connect: { ca: upstream.authorities } }),
    answer: (handle) =>
      upstream.answer(async (request, response) => {
        const body = await hear(request, got.upstream)
        handle({ request, body }, response)
      }),
    close: async () => {
      await around.trusting.destroy()
      await Promise.all([upstream.close(), kv.close(), issuer.close()])
    },
  }
  around.answer(({ request, body }, response) => {
    response.setHeader('x-told', request.rawHeaders.join(' '))
    tell(response, { told: request.rawHeaders, url: request.url, body })
  })
  return around
}

async function hear(request: IncomingMessage, into: string[]): Promise<string> {
  const body = Buffer.concat(await request.toArray().catch(() => [])).toString()
  into.push([request.method, request.url, ...request.rawHeaders, body].join('\n'))
  return body
}

function tell(response: ServerResponse, body: unknown): void {
  response.setHeader('content-type', 'application/json').end(JSON.stringify(body))
}
