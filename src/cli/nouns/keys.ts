import type { Command } from 'commander'
import { ask } from '../ask.ts'
import { readSettings } from '../settings.ts'

/** `writ keys`: the signing keys and their rotation. */
export function registerKeys(keys: Command): void {
  keys.command('list').description('keys in force and being retired').action(list)
  keys
    .command('rotate')
    .description('sign with a new key; the old one verifies until its last token has died')
    .requiredOption('--purpose <word>', 'token, receipt or checkpoint')
    .action(rotate)
}

async function list(_options: unknown, command: Command): Promise<void> {
  const settings = readSettings(command)
  const answer = await ask<unknown>(settings.bearer(), { method: 'GET', path: '/v1/keys' })
  await settings.output.result(answer, () => JSON.stringify(answer, null, 2))
}

async function rotate(options: { readonly purpose: string }, command: Command): Promise<void> {
  const settings = readSettings(command)
  const body = { purpose: options.purpose }
  const path = '/v1/keys/rotate'
  const answer = await ask<unknown>(settings.bearer(), { method: 'POST', path, body })
  await settings.output.result(answer, () => JSON.stringify(answer, null, 2))
}
