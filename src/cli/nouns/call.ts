import { randomUUID } from 'node:crypto'
import type { Command } from 'commander'
import type { GatewayAnswer } from '../../client/gateway.ts'
import type { MintedView } from '../../client/views/tokens.ts'
import { ask } from '../ask.ts'
import { audienceFor } from '../audience.ts'
import { headersOf } from '../headers.ts'
import { readTextArgument } from '../input.ts'
import { gathered } from '../options.ts'
import { CommandFailure, EXIT, exitOf } from '../outcome.ts'
import type { Output } from '../output.ts'
import { readSettings } from '../settings.ts'

/** `writ call`: takes one call token from a lease and spends it on one request. */
export function registerCall(call: Command): void {
  call
    .argument('<method>', 'such as GET')
    .argument('<url>', 'https://gateway/route/path, or /route/path at --gateway-addr')
    .requiredOption('--lease <lease>', 'the lease to call from')
    .option('--audience <uri>', 'the resource (default: that of the lease)')
    .option('--header <name:value>', 'a request header; may be given again', gathered)
    .option('--data <file>', 'request body: file, - or inline JSON')
    .action(callOnce)
}

interface CallOptions {
  readonly lease: string
  readonly audience?: string
  readonly header?: readonly string[]
  readonly data?: string
}

async function callOnce(method: string, place: string, options: CallOptions, command: Command) {
  const { output, ...settings } = readSettings(command)
  const url = place.startsWith('/') ? `${settings.gatewayAddress}${place}` : place
  const headers = { ...headersOf(options.header ?? []) }
  const body = options.data === undefined ? undefined : await bodyOf(options.data)
  if (options.data?.startsWith('{')) headers['content-type'] ??= 'application/json'
  const connection = settings.certificate(settings.agentsAddress)
  const audience = options.audience ?? (await audienceFor(url, options.lease, connection))
  const minted = await ask<MintedView>(connection, {
    method: 'POST',
    path: '/v1/tokens',
    body: { lease_id: options.lease, audience },
    idempotencyKey: randomUUID(),
  })
  const token = minted.tokens[0]?.token
  if (token === undefined) throw new CommandFailure(EXIT.failure, 'No token was minted.')
  const { createGatewayClient } = await import('../../client/gateway.ts')
  const gateway = createGatewayClient({ ...connection, address: new URL(url).origin }, 1)
  try {
    const call = { method, url, token, headers, ...(body === undefined ? {} : { body }) }
    await show(await gateway.send(call), output)
  } finally {
    await gateway.close()
  }
}

/** Streams what came back; a refusal of the gateway ends with the status of its code. */
async function show(answer: GatewayAnswer, output: Output): Promise<void> {
  const { status, refusal } = answer
  if (output.json || refusal !== undefined) {
    const text = Buffer.concat(await answer.body.toArray()).toString('utf8')
    if (output.json) await output.result({ status, refusal: refusal ?? null, body: text }, String)
    else output.note(refusalText(text, String(refusal)))
  } else {
    output.note(`${status}`)
    for await (const chunk of answer.body) await output.raw(chunk as Uint8Array)
  }
  if (refusal !== undefined) process.exitCode = exitOf(refusal)
  else if (status >= 400) process.exitCode = EXIT.failure
}

/** The sentence of a refusal; the document it came in is for machines. */
function refusalText(text: string, code: string): string {
  const { title, detail } = titleOf(text)
  const sentence = title === undefined ? '' : `: ${title}`
  return `Refused by the gateway${sentence} (${code})${detail === undefined ? '' : `\n${detail}`}`
}

function titleOf(text: string): { readonly title?: string; readonly detail?: string } {
  try {
    return JSON.parse(text) as { readonly title?: string; readonly detail?: string }
  } catch {
    return {}
  }
}

async function bodyOf(argument: string): Promise<string> {
  return argument.startsWith('{') ? argument : readTextArgument(argument)
}
