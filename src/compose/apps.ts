import type { Hono } from 'hono'
import { CONSOLE_FILE_ROWS, type ConsoleFiles } from '../console-host/files.ts'
import { CONSOLE_OPEN_ROWS, CONSOLE_ROWS } from '../console-host/rows.ts'
import type { ProxyTable } from '../forward-auth/proxy-table.ts'
import { forwardAuthRows } from '../forward-auth/rows.ts'
import { buildDocument, documentText } from '../http/document.ts'
import { documentPage } from '../http/document-page.ts'
import { restRow } from '../http/pipeline.ts'
import { ADMIN_ROUTES, OPEN_ROUTES, PEER_ROUTES } from '../http/public.ts'
import { ROUTES } from '../http/route-table.ts'
import type { SecurityContact } from '../http/security-text.ts'
import { LEASH_OPEN_ROWS, LEASH_ROWS } from '../leash-tokens/rows.ts'
import {
  type AdminParts,
  addOpenRows,
  countOpenReads,
  createAdminListener,
  createListener,
  type ListenerParts,
} from '../listener/app.ts'
import type { HttpEnv } from '../listener/context.ts'
import type { FaceRow } from '../listener/face.ts'
import { mcpRow } from '../mcp/endpoint.ts'
import { METADATA_ROWS } from '../oauth/metadata.ts'
import { OAUTH_ROWS } from '../oauth/rows.ts'
import { CDP_ROW, CDP_TOKEN_LIST_ROW } from '../rpc/cdp/endpoint.ts'
import type { CrpSettings } from '../rpc/crp/asked.ts'
import { crpRows } from '../rpc/crp/rows.ts'
import { crpInSessions } from './crp-sessions.ts'

/** What the authority's listeners need. */
export interface AuthorityParts extends ListenerParts {
  /** Origin under which agents reach the mTLS listener; without it there is no OAuth metadata. */
  readonly agentsUrl?: (() => string) | undefined
  /** The built console; without it its address says so. */
  readonly console?: ConsoleFiles | undefined
  /** Whom `/.well-known/security.txt` names; without it there is none. */
  readonly security?: SecurityContact | undefined
}

/** Guarded addresses that both listeners may have. */
const FACES: readonly FaceRow[] = [...ROUTES.map(restRow), ...OAUTH_ROWS, CDP_ROW, ...CONSOLE_ROWS]

/** What the mTLS listener needs; without proxies nobody may ask about the calls of others. */
export interface AgentsParts extends AuthorityParts {
  readonly proxies?: ProxyTable
  readonly crp?: CrpSettings
}

/** The `api` listener: owners and operators, and what anyone may read. */
export function createApiApp(parts: AuthorityParts): Hono<HttpEnv> {
  const app = createListener('api', parts, FACES)
  const document = buildDocument(ROUTES, OPEN_ROUTES)
  const documents = {
    yaml: documentText(document),
    json: JSON.stringify(document),
    page: documentPage(document),
  }
  addOpenRows(app, OPEN_ROUTES, { ...parts, documents })
  addOpenRows(app, CONSOLE_OPEN_ROWS, parts)
  addOpenRows(app, CONSOLE_FILE_ROWS, { files: parts.console })
  addMetadata(app, parts)
  addCountedRows(app, parts)
  return app
}

/**
 * The mTLS listener: agents and enforcement points by the certificate of their connection, and what
 * anyone with a certificate may read.
 */
export function createAgentsApp(parts: AgentsParts): Hono<HttpEnv> {
  const { proxies = new Map(), crp = { listShape: 'objects' } } = parts
  const app = createListener('agents', parts, [
    ...FACES,
    mcpRow([crpInSessions(crp, parts.log)]),
    ...crpRows(crp),
    ...forwardAuthRows(proxies),
    ...(parts.world.leashTokens === true ? LEASH_ROWS : []),
  ])
  addOpenRows(app, PEER_ROUTES, parts)
  addMetadata(app, parts)
  addCountedRows(app, parts)
  return app
}

/** What anyone may read and the store is asked for: of leashes, if there are any, and CDP. */
function addCountedRows(app: Hono<HttpEnv>, parts: ListenerParts): void {
  const leashes = parts.world.leashTokens === true ? LEASH_OPEN_ROWS : []
  addOpenRows(app, [...leashes, CDP_TOKEN_LIST_ROW], parts, countOpenReads())
}

function addMetadata(app: Hono<HttpEnv>, { world, agentsUrl }: AuthorityParts): void {
  if (agentsUrl !== undefined) addOpenRows(app, METADATA_ROWS, { world, agentsUrl })
}

/** The `admin` listener: health and metrics alone. */
export function createAdminApp(parts: AdminParts): Hono<HttpEnv> {
  const app = createAdminListener(parts)
  addOpenRows(app, ADMIN_ROUTES, parts)
  return app
}
