import type { Command } from 'commander'

/** Adds the options, subcommands and actions of one noun to its command. */
type Register = (command: Command) => void

/** For whom a command is, in the order of the help. */
export const GROUPS = {
  servers: 'Servers:',
  people: 'People who decide:',
  agents: 'Agents:',
  operators: 'Operators who watch:',
  here: 'On this machine alone:',
} as const

/** One line of the command table. The file behind it is read only when its command runs. */
export interface CommandEntry {
  readonly name: string
  readonly group: keyof typeof GROUPS
  readonly summary: string
  readonly load: () => Promise<Register>
}

/** Every command, by whom it is for. */
export const COMMANDS: readonly CommandEntry[] = [
  {
    name: 'serve',
    group: 'servers',
    summary: 'start the authority and its gateway',
    load: async () => (await import('./nouns/serve.ts')).registerServe,
  },
  {
    name: 'init',
    group: 'servers',
    summary: 'make keys, owner, settings and a systemd unit for a real deployment',
    load: async () => (await import('./nouns/init.ts')).registerInit,
  },
  {
    name: 'demo',
    group: 'servers',
    summary: 'open an example tree on a running service, to look at',
    load: async () => (await import('./nouns/demo.ts')).registerDemo,
  },
  {
    name: 'authority',
    group: 'servers',
    summary: 'start the authority alone',
    load: async () => (await import('./nouns/authority.ts')).registerAuthority,
  },
  {
    name: 'gateway',
    group: 'servers',
    summary: 'start a gateway: on the same store, or with an authority elsewhere',
    load: async () => (await import('./nouns/gateway.ts')).registerGateway,
  },
  {
    name: 'migrate',
    group: 'servers',
    summary: 'bring the tables of the database to this version',
    load: async () => (await import('./nouns/migrate.ts')).registerMigrate,
  },
  {
    name: 'backup',
    group: 'servers',
    summary: 'copy the embedded store while it is served',
    load: async () => (await import('./nouns/backup.ts')).registerBackup,
  },
  {
    name: 'restore',
    group: 'servers',
    summary: 'put a backup in the place of a lost store',
    load: async () => (await import('./nouns/backup.ts')).registerRestore,
  },
  {
    name: 'doctor',
    group: 'servers',
    summary: 'look for what is wrong with this installation',
    load: async () => (await import('./nouns/doctor.ts')).registerDoctor,
  },
  {
    name: 'approval',
    group: 'people',
    summary: 'what waits for the yes of an owner: list, show, approve, deny, watch',
    load: async () => (await import('./nouns/approval.ts')).registerApproval,
  },
  {
    name: 'enroll',
    group: 'people',
    summary: 'enrollment: new, join, pending, show, approve, deny',
    load: async () => (await import('./nouns/enroll.ts')).registerEnroll,
  },
  {
    name: 'agent',
    group: 'people',
    summary: 'agents: add, list, show, contract, renew, reissue, request',
    load: async () => (await import('./nouns/agent.ts')).registerAgent,
  },
  {
    name: 'tree',
    group: 'people',
    summary: 'a lease and everything that grew out of it',
    load: async () => (await import('./nouns/tree.ts')).registerTree,
  },
  {
    name: 'explain',
    group: 'people',
    summary: 'why a lease permits a request, or which hop took it away',
    load: async () => (await import('./nouns/explain.ts')).registerExplain,
  },
  {
    name: 'revoke',
    group: 'people',
    summary: 'take back a lease, or all that an agent or key holds',
    load: async () => (await import('./nouns/revoke.ts')).registerRevoke,
  },
  {
    name: 'revocation',
    group: 'people',
    summary: 'what is revoked or suspended now: list',
    load: async () => (await import('./nouns/revocation.ts')).registerRevocation,
  },
  {
    name: 'credential',
    group: 'people',
    summary: 'secrets of upstreams: add, import, list, show, rotate, rollback, disable, remove',
    load: async () => (await import('./nouns/credential.ts')).registerCredential,
  },
  {
    name: 'policy',
    group: 'people',
    summary: 'rules in files: check, list, explain',
    load: async () => (await import('./nouns/policy.ts')).registerPolicy,
  },
  {
    name: 'operator',
    group: 'people',
    summary: 'owners and operators: add, list, remove',
    load: async () => (await import('./nouns/operator.ts')).registerOperator,
  },
  {
    name: 'connector',
    group: 'agents',
    summary: 'beside an agent, as its MCP server: join, run, config, agents-md',
    load: async () => (await import('./nouns/connector.ts')).registerConnector,
  },
  {
    name: 'lease',
    group: 'agents',
    summary: 'leases: open, show, list, renew, release',
    load: async () => (await import('./nouns/lease.ts')).registerLease,
  },
  {
    name: 'delegate',
    group: 'agents',
    summary: 'pass a narrower part of a lease on to another agent',
    load: async () => (await import('./nouns/delegate.ts')).registerDelegate,
  },
  {
    name: 'redeem',
    group: 'agents',
    summary: 'turn a delegation token into a child lease',
    load: async () => (await import('./nouns/redeem.ts')).registerRedeem,
  },
  {
    name: 'token',
    group: 'agents',
    summary: 'tokens: mint, introspect, inspect, receipt',
    load: async () => (await import('./nouns/token.ts')).registerToken,
  },
  {
    name: 'call',
    group: 'agents',
    summary: 'one call through the gateway with a fresh call token',
    load: async () => (await import('./nouns/call.ts')).registerCall,
  },
  {
    name: 'action',
    group: 'agents',
    summary: 'have the service make one call',
    load: async () => (await import('./nouns/action.ts')).registerAction,
  },
  {
    name: 'wrap',
    group: 'agents',
    summary: 'run git or kubectl, each request one call under a lease',
    load: async () => (await import('./nouns/wrap.ts')).registerWrap,
  },
  {
    name: 'wrap-credential',
    group: 'agents',
    summary: 'what a wrapped tool runs to be let in',
    load: async () => (await import('./nouns/wrap-credential.ts')).registerWrapCredential,
  },
  {
    name: 'handle',
    group: 'agents',
    summary: 'bearer references to a lease: create, list, revoke',
    load: async () => (await import('./nouns/handle.ts')).registerHandle,
  },
  {
    name: 'budget',
    group: 'agents',
    summary: 'budgets of a lease: show, settle what a call cost',
    load: async () => (await import('./nouns/budget.ts')).registerBudget,
  },
  {
    name: 'audit',
    group: 'operators',
    summary: 'the record of every decision: tail, search, show, verify, export',
    load: async () => (await import('./nouns/audit.ts')).registerAudit,
  },
  {
    name: 'alert',
    group: 'operators',
    summary: 'what people should know of: list, tail, ack',
    load: async () => (await import('./nouns/alert.ts')).registerAlert,
  },
  {
    name: 'webhook',
    group: 'operators',
    summary: 'who is told of alerts: add, list, remove, test',
    load: async () => (await import('./nouns/webhook.ts')).registerWebhook,
  },
  {
    name: 'keys',
    group: 'operators',
    summary: 'signing keys: list, rotate, retire; rewrap: another master key',
    load: async () => (await import('./nouns/keys.ts')).registerKeys,
  },
  {
    name: 'scope',
    group: 'here',
    summary: 'judge scopes here, without a server: check, permits',
    load: async () => (await import('./nouns/scope.ts')).registerScope,
  },
  {
    name: 'scan',
    group: 'here',
    summary: 'look through a folder for keys that lie in files',
    load: async () => (await import('./nouns/scan.ts')).registerScan,
  },
  {
    name: 'completion',
    group: 'here',
    summary: 'print what lets a shell complete these commands',
    load: async () => (await import('./nouns/completion.ts')).registerCompletion,
  },
]
