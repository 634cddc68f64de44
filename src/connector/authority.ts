import { X509Certificate } from 'node:crypto'
import {
  CLIENT_CAPABILITIES_META_KEY,
  CLIENT_INFO_META_KEY,
  PROTOCOL_VERSION_META_KEY,
} from '@modelcontextprotocol/server'
import { type Answer, type Connection, createClient } from '../client/client.ts'
import { openRpcLink, type RpcReply } from '../client/rpc.ts'
import type { CertificateView } from '../client/views/agents.ts'
import type { AgentUri } from '../domain/ids.ts'
import { createAgentRequest } from '../pki/csr.ts'

/** The connection of one agent: where, and its own certificate and key. */
export type AgentConnection = Connection & {
  readonly certificate: string
  readonly privateKey: string
}

/** The authority as one connector reaches it: over mTLS, as one agent, and keeping nothing. */
export interface Authority {
  /** One request of MCP; throws `Unreachable` when there was no answer. */
  request(method: string, params: Readonly<Record<string, unknown>>): Promise<RpcReply>
  /** Tells that this connector is there. */
  beat(program: string): Promise<Answer<unknown>>
  /** Takes a new key and certificate when the old one is near its end; whether it did. */
  renewWhenDue(now: Date): Promise<boolean>
  close(): Promise<void>
}

const REVISION = '2026-07-28'
const CAPABILITIES = {}
const PRINTABLE = /^[\x21-\x7e]{1,256}$/
/** A certificate is renewed when less than this part of its life is left. */
const RENEW_AT = 1 / 3

/** Opens it; `keep` stores a new key and certificate before they are used. */
export function openAuthority(
  first: AgentConnection,
  self: { readonly name: string; readonly version: string },
  keep: (issued: CertificateView, privateKeyPem: string) => Promise<void>,
): Authority {
  let connection = first
  let rest = createClient(first)
  let rpc = openRpcLink(first, '/mcp')
  let ids = 0
  const meta = {
    [PROTOCOL_VERSION_META_KEY]: REVISION,
    [CLIENT_INFO_META_KEY]: self,
    [CLIENT_CAPABILITIES_META_KEY]: CAPABILITIES,
  }
  return {
    request(method, params) {
      ids += 1
      const message = { jsonrpc: '2.0', id: ids, method, params: { ...params, _meta: meta } }
      const { name } = params
      const headers = { 'mcp-protocol-version': REVISION, 'mcp-method': method }
      // What no header can say is left to the authority, which refuses a message without one.
      const named = typeof name === 'string' && PRINTABLE.test(name)
      return rpc.send(message, named ? { ...headers, 'mcp-name': name } : headers)
    },
    beat: (program) =>
      rest.call({ method: 'POST', path: '/v1/agents/self/heartbeat', body: { program } }),
    async renewWhenDue(now) {
      const certificate = new X509Certificate(connection.certificate)
      if (!isDue(certificate, now)) return false
      const { csrPem, privateKeyPem } = await createAgentRequest(uriIn(certificate))
      const issued = await rest.call<CertificateView>({
        method: 'POST',
        path: '/v1/agents/self/certificate',
        body: { csr: csrPem },
      })
      if (!issued.ok) return false
      await keep(issued.value, privateKeyPem)
      const old = [rest, rpc]
      connection = {
        ...connection,
        certificate: issued.value.certificate,
        privateKey: privateKeyPem,
      }
      rest = createClient(connection)
      rpc = openRpcLink(connection, '/mcp')
      await Promise.all(old.map((one) => one.close()))
      return true
    },
    close: async () => {
      await Promise.all([rest.close(), rpc.close()])
    },
  }
}

function isDue({ validFrom, validTo }: X509Certificate, now: Date): boolean {
  const [from, to] = [Date.parse(validFrom), Date.parse(validTo)]
  return to - now.getTime() < (to - from) * RENEW_AT
}

function uriIn(certificate: X509Certificate): AgentUri {
  const [uri = ''] = /(?<=URI:)[^,]+/.exec(certificate.subjectAltName ?? '') ?? []
  return uri as AgentUri
}
