import type { Command } from 'commander'
import { addOwnerOptions, askOwner, type OwnerOptions } from '../ask-owner.ts'
import { headersOf } from '../headers.ts'
import { readTextArgument } from '../input.ts'
import { gathered } from '../options.ts'
import { EXIT } from '../outcome.ts'
import { readSettings } from '../settings.ts'

/** `writ action`: has the service make one call, and shows what came back. */
export function registerAction(action: Command): void {
  action
    .argument('<method>', 'such as GET')
    .argument('<path>', '/route/path?query of the gateway')
    .requiredOption('--lease <lease>', 'the lease to act under')
    .option('--header <name:value>', 'a request header; may be given again', gathered)
    .option('--data <file>', 'request body: file, - or inline JSON')
    .option('--reason <text>', 'why, for people to read')
  addOwnerOptions(action).action(executeOnce)
}

interface ActionOptions extends OwnerOptions {
  readonly lease: string
  readonly header?: readonly string[]
  readonly data?: string
  readonly reason?: string
}

interface ActionView {
  readonly status: number
  readonly body: string
  readonly body_encoding: 'text' | 'base64'
}

async function executeOnce(
  method: string,
  place: string,
  options: ActionOptions,
  command: Command,
) {
  const { output, ...settings } = readSettings(command)
  const connection = settings.certificate(settings.agentsAddress)
  const [, route = '', path = '/'] = /^\/([^/]+)(\/.*)?$/.exec(place) ?? []
  const headers = headersOf(options.header ?? [])
  const { data } = options
  if (data?.startsWith('{')) headers['content-type'] ??= 'application/json'
  const body = {
    lease_id: options.lease,
    route,
    method: method.toUpperCase(),
    path,
    headers,
    body: data === undefined || data.startsWith('{') ? data : await readTextArgument(data),
    reason: options.reason,
  }
  const call = { method: 'POST', path: '/v1/actions', body } as const
  const done = await askOwner<ActionView>({ connection, output }, call, options)
  if (done.status >= 400) process.exitCode = EXIT.failure
  if (output.json) return output.result(done, String)
  output.note(`${done.status}`)
  await output.raw(Buffer.from(done.body, done.body_encoding === 'text' ? 'utf8' : 'base64'))
}
