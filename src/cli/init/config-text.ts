import { join } from 'node:path'

/** What a deployment is told apart by; asked or given as flags. */
export interface Answers {
  /** Absolute. */
  readonly folder: string
  readonly serverNames: readonly string[]
  readonly trustDomain: string
  readonly issuer: string
  readonly api: string
  readonly agents: string
  readonly gateway: string
  /** File with a postgres:// URL; undefined means SQLite in the folder. */
  readonly databaseUrlFile: string | undefined
  readonly user: string
}

/** The settings file of a deployment: what was answered, and comments on what one may change. */
export function configText(answers: Answers): string {
  const { folder, databaseUrlFile: given } = answers
  const unset = given === undefined ? '# ' : ''
  const database = `${unset}database_url_file = ${text(given ?? join(folder, 'database.url'))}`
  return `\
# Settings of Writ, made by writ init. A flag or a WRIT_… variable comes before this file, and a
# name that is no setting is refused. All of them: writ help serve.

# iss of every token. Changing it later ends every token that is out.
issuer = ${text(answers.issuer)}
# The domain in spiffe://<domain>/agent/<name>; the root certificate belongs to it.
trust_domain = ${text(answers.trustDomain)}
# Names and addresses in our certificates. CHANGE when agents reach this machine by more of them.
server_names = ${list(answers.serverNames)}

data_dir = ${text(join(folder, 'data'))}
# Signing keys, the authority's root and the first owner's token. Back this folder up apart.
keys_dir = ${text(join(folder, 'keys'))}
# A file with postgres://user:password@host:5432/writ, closed to others, instead of SQLite.
${database}

# Rules beside the contracts; with a folder, what no policy allows is denied. CHANGE to use them.
# policy_dir = ${text(join(folder, 'policies'))}

[listeners]
# Plain HTTP for people and the console: keep it on loopback and reach it by a TLS proxy, or let it
# speak TLS itself: "on", or "with_certificates" for people who sign in with one.
api = ${text(answers.api)}
# api_tls = "on"
# Mutual TLS for agents and for calls: made for the network.
agents = ${text(answers.agents)}
gateway = ${text(answers.gateway)}
# Health and metrics on a listener of their own.
# admin = "127.0.0.1:9444"

[gateway]
# CHANGE the routes in this file: which service is behind which name.
routes = ${text(join(folder, 'routes.toml'))}

[log]
level = "info"
format = "json"
`
}

/** Routes of a gateway that has none yet, with one to copy. */
export const ROUTES_TEXT = `\
# Routes of the gateway. Each leads /NAME/… to one service. Start Writ again after a change.
#
# [[route]]
# name = "orders"
# upstream = "https://orders.internal.example.com"
# resource = "https://orders.example.com"
`

function text(value: string): string {
  return JSON.stringify(value)
}

function list(values: readonly string[]): string {
  return `[${values.map(text).join(', ')}]`
}
