import type { Command } from 'commander'
import { pathOf } from '../../client/client.ts'
import type { KeyView } from '../../client/views/keys.ts'
import { ask } from '../ask.ts'
import { addConfirmOption, type ConfirmOption, confirm } from '../confirm.ts'
import { registerRewrap } from '../rewrap.ts'
import { readSettings } from '../settings.ts'
import { table } from '../table.ts'

/** `writ keys`: the signing keys and their rotation. */
export function registerKeys(keys: Command): void {
  keys.command('list').description('signing keys, newest first').action(list)
  keys
    .command('rotate')
    .description('sign with a new key; the old one verifies until its last token has died')
    .requiredOption('--purpose <word>', 'token, receipt, checkpoint, feed or event')
    .action(rotate)
  const retiring = keys
    .command('retire <key>')
    .description('take a key out of force at once; everything it signed is void')
    .requiredOption('--reason <text>', 'why, for the record')
  addConfirmOption(retiring).action(retire)
  registerRewrap(keys)
}

async function list(_options: unknown, command: Command): Promise<void> {
  const settings = readSettings(command)
  const call = { method: 'GET', path: '/v1/keys' } as const
  const page = await ask<{ readonly items: readonly KeyView[] }>(settings.bearer(), call)
  await settings.output.result(page, () => keyRows(page.items))
}

async function rotate(options: { readonly purpose: string }, command: Command): Promise<void> {
  const settings = readSettings(command)
  const body = { purpose: options.purpose }
  const path = '/v1/keys/rotate'
  const key = await ask<KeyView>(settings.bearer(), { method: 'POST', path, body })
  await settings.output.result(key, () => keyRows([key]))
}

async function retire(
  key: string,
  options: ConfirmOption & { readonly reason: string },
  command: Command,
): Promise<void> {
  const settings = readSettings(command)
  await confirm(`Void everything that ${key} signed?`, options.yes === true)
  const path = pathOf(['v1', 'keys', key, 'retire'])
  const body = { reason: options.reason }
  const retired = await ask<KeyView>(settings.bearer(), { method: 'POST', path, body })
  await settings.output.result(retired, () => keyRows([retired]))
}

function keyRows(keys: readonly KeyView[]): string {
  return table(
    ['PURPOSE', 'STATE', 'ALG', 'CREATED', 'VERIFIES UNTIL', 'KEY'],
    keys.map(({ purpose, state, alg, created_at: created, verifies_until: until, kid }) => [
      purpose,
      state,
      alg,
      created,
      until ?? '-',
      kid,
    ]),
  )
}
