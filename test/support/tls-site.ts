import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Serving, serve } from '../../src/compose/serve.ts'
import { readConfig, type SettingName } from '../../src/settings/config.ts'
import type { Credential } from './pki.ts'

/** An authority in this process whose api listener speaks TLS. */
export interface TlsSite {
  readonly serving: Serving
  readonly url: string
  readonly folder: string
  readonly ownerToken: string
  /** Asks over a connection of its own, which shows the certificate if there is one. */
  ask(order: TlsOrder): Promise<TlsSeen>
  close(): Promise<void>
}

/** One request of a test. */
export interface TlsOrder {
  readonly method?: string
  readonly path: string
  readonly as?: Credential | undefined
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: object
}

/** What came back. */
export interface TlsSeen {
  readonly status: number
  readonly cookie: string
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into answers of every shape
  readonly json: any
}

/** Starts it in a fresh folder. */
export async function startTlsSite(
  settings: Readonly<Partial<Record<SettingName, string>>> = {},
): Promise<TlsSite> {
  const folder = mkdtempSync(join(tmpdir(), 'writ-tls-'))
  const free = '127.0.0.1:0'
  const read = readConfig({
    flags: {
      ...{ data_dir: join(folder, 'data'), keys_dir: join(folder, 'keys'), 'log.level': 'silent' },
      ...{ 'listeners.api': free, 'listeners.agents': free, 'listeners.gateway': free },
      'listeners.api_tls': 'with_certificates',
      ...settings,
    },
  })
  if (!read.ok) throw new Error(read.problem)
  const serving = await serve(read.config, ['authority'], {})
  const url = serving.api ?? ''
  return {
    serving,
    url,
    folder,
    ownerToken: readFileSync(serving.ownerTokenFile, 'utf8').trim(),
    ask: (order) => askOver(url, serving.rootPem, order),
    async close() {
      await serving.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function askOver(url: string, ca: string, order: TlsOrder): Promise<TlsSeen> {
  const { method = 'GET', path, as, headers, body } = order
  const json = body === undefined ? {} : { 'content-type': 'application/json' }
  return new Promise((resolve, reject) => {
    const sent = request(
      new URL(path, url),
      { method, agent: false, ca, ...as, headers: { ...json, ...headers } },
      async (answer) => {
        const text = Buffer.concat(await answer.toArray()).toString('utf8')
        const isJson = String(answer.headers['content-type']).endsWith('json') && text !== ''
        resolve({
          status: answer.statusCode ?? 0,
          cookie: answer.headers['set-cookie']?.[0]?.split(';', 1)[0] ?? '',
          json: isJson ? JSON.parse(text) : undefined,
        })
      },
    )
    sent.on('error', reject)
    sent.end(body === undefined ? undefined : JSON.stringify(body))
  })
}
