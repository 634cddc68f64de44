import type { Command } from 'commander'
import { type Connection, pathOf } from '../../client/client.ts'
import type {
  RevokedView,
  RevokePreviewView,
  SubjectPreviewView,
} from '../../client/views/revocations.ts'
import { ask } from '../ask.ts'
import { addConfirmOption, type ConfirmOption, confirm } from '../confirm.ts'
import { usage } from '../outcome.ts'
import { printable } from '../output.ts'
import { withProgress } from '../progress.ts'
import { readSettings, type Settings } from '../settings.ts'

/** `writ revoke`: a lease with its subtree, or everything under another subject. */
export function registerRevoke(revoke: Command): void {
  revoke
    .argument('[what]', 'lease_…, spiffe://…, or a subject such as certificate:…')
    .option('--label <key=value>', 'instead: every tree with this label, now or later')
    .option('--reason <text>', 'why, for people to read', 'revoked from the command line')
    .option('--suspend', 'until lifted again, instead of for ever (not for a lease)')
    .option('--lift', 'end a suspension')
  addConfirmOption(revoke).action(revokeSubject)
}

interface RevokeOptions extends ConfirmOption {
  readonly reason: string
  readonly suspend?: true
  readonly lift?: true
  readonly label?: string
}

async function revokeSubject(named: string | undefined, options: RevokeOptions, command: Command) {
  const settings = readSettings(command)
  const what = whatOf(named, options)
  if (options.lift === true) return lift(subjectFrom(what), settings)
  if (!what.startsWith('lease_')) return revokeEverything(subjectFrom(what), options, settings)
  if (options.suspend === true) throw usage('A lease is revoked or not; suspend its agent instead.')
  await revokeLease(what, options, settings)
}

/** Shows the blast radius first; the count may have grown by the time of the revocation. */
async function revokeLease(id: string, options: RevokeOptions, settings: Settings): Promise<void> {
  const { output } = settings
  const connection = settings.either()
  const ended = await withProgress(output, 'Counting what this ends', () => preview(connection, id))
  output.note(previewText(ended))
  await confirm(`Revoke ${id} and everything below it?`, options.yes === true)
  const path = pathOf(['v1', 'leases', id, 'revoke'])
  const body = { reason: options.reason }
  const done = await withProgress(output, `Revoking ${id} and what is below it`, () =>
    ask<RevokedView>(connection, { method: 'POST', path, body }),
  )
  await output.result(
    done,
    () => `Revoked at ${done.revoked_at}: the lease and all below it are dead.`,
  )
}

async function preview(connection: Connection, id: string): Promise<RevokePreviewView> {
  const path = pathOf(['v1', 'leases', id, 'revoke-preview'])
  return ask<RevokePreviewView>(connection, { method: 'GET', path })
}

function previewText({ leases, live, holders }: RevokePreviewView): string {
  const named = holders.map((uri) => `\n  ${printable(uri)}`).join('')
  return `This ends ${leases} lease(s), ${live} of them live, held by:${named}`
}

async function revokeEverything(subject: string, options: RevokeOptions, settings: Settings) {
  const effect = options.suspend === true ? 'suspended' : 'revoked'
  if (subject.startsWith('label:')) await tellRadius(subject, settings)
  await confirm(`Everything under ${subject} will be ${effect}. Go on?`, options.yes === true)
  const body = { subject, effect, reason: options.reason }
  const call = { method: 'POST', path: '/v1/revocations', body } as const
  const done = await ask<unknown>(settings.bearer(), call)
  await settings.output.result(done, () => `${subject} is ${effect}.`)
}

/** How much is under a subject; the count may have grown by the time of the revocation. */
async function tellRadius(subject: string, { output, ...settings }: Settings): Promise<void> {
  const path = pathOf(['v1', 'revocations', 'preview'], { subject })
  const ended = await withProgress(output, 'Counting what this ends', () =>
    ask<SubjectPreviewView>(settings.bearer(), { method: 'GET', path }),
  )
  output.note(previewText(ended))
  if (!ended.whole) output.note('There is more: this is as far as it was counted.')
}

async function lift(subject: string, settings: Settings): Promise<void> {
  const path = pathOf(['v1', 'revocations', subject])
  const done = await ask<unknown>(settings.bearer(), { method: 'DELETE', path })
  await settings.output.result(done ?? { lifted: subject }, () => `${subject} may act again.`)
}

function whatOf(named: string | undefined, { label }: RevokeOptions): string {
  if ((named === undefined) === (label === undefined)) {
    throw usage('Say what to revoke: a lease, an agent, another subject, or --label key=value.')
  }
  return named ?? `label:${label}`
}

function subjectFrom(what: string): string {
  if (what.startsWith('spiffe://')) return `agent:${what}`
  if (what.startsWith('lease_')) return `lease:${what}`
  if (/^(lease|agent|certificate|principal|tenant|key|label):./.test(what)) return what
  throw usage(`${what} is not a lease, an agent or a subject such as certificate:…`)
}
