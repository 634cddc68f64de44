import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import type { Serving } from '../../compose/serve.ts'
import { invokedAs } from '../invoked-as.ts'
import { keepRoot } from '../keep-root.ts'
import { keepServing } from '../serving/keep-serving.ts'
import { addPrepareOptions, type PrepareOptions, prepareStore } from '../serving/prepare-store.ts'
import { addServerOptions, readServerConfig } from '../serving/server-config.ts'
import { forWorker } from '../serving/workers.ts'
import { readSettings } from '../settings.ts'

/** `writ serve`: the authority and its gateway together, until it is told to stop. */
export function registerServe(serve: Command): void {
  serve.option('--dev', 'print the owner token and how to go on; for this machine alone')
  addPrepareOptions(serve)
  addServerOptions(serve)
  serve.action(start)
}

async function start(
  options: PrepareOptions & { readonly dev?: true },
  command: Command,
): Promise<void> {
  const { output } = readSettings(command)
  const config = readServerConfig(command)
  const { serve } = await import('../../compose/serve.ts')
  await keepServing({
    output,
    workers: options.workers,
    prepare: () => prepareStore(config, options),
    start: () => serve(forWorker(config)),
    ready: (serving) => {
      const { api, agents, gateway, handles, admin, ownerTokenFile } = serving
      const ca = keepRoot(config, serving)
      const files = {
        owner_token_file: ownerTokenFile,
        ...(ca === undefined ? {} : { ca_file: ca }),
      }
      return {
        document: { api, agents, gateway, handles, admin, ...files },
        lines: () => (options.dev === true ? devText(serving, ca) : text(serving, ca)),
      }
    },
  })
}

function text(serving: Serving, ca: string | undefined): string {
  const { api, agents, gateway, handles, ownerTokenFile } = serving
  return [
    `api      ${api}`,
    `agents   ${agents}`,
    `gateway  ${gateway}`,
    ...(handles === undefined ? [] : [`handles  ${handles}/proxy`]),
    `console  ${consoleText(serving)}`,
    `The first owner's token is in ${ownerTokenFile}.`,
    ...(ca === undefined ? [] : [`The root of its certificate is in ${ca} (WRIT_CACERT).`]),
  ].join('\n')
}

function consoleText({ api, consoleBuilt }: Serving): string {
  const address = `${api}/console/`
  return consoleBuilt ? address : `${address} (not built yet: npm run build:console)`
}

/** What a first hour needs, to be copied. The token is printed only here, because of --dev. */
function devText(serving: Serving, ca: string | undefined): string {
  const writ = invokedAs()
  return [
    'Writ runs for development: this terminal now shows the owner token.',
    `The console is at ${serving.api}/console/ and takes that token.`,
    ...(serving.consoleBuilt ? [] : ['It is not built here yet: npm run build:console']),
    '',
    'In another terminal, in this folder:',
    '',
    `export WRIT_ADDR=${serving.api}`,
    `export WRIT_AGENTS_ADDR=${serving.agents}`,
    `export WRIT_GATEWAY_ADDR=${serving.gateway}`,
    ...(ca === undefined ? [] : [`export WRIT_CACERT=${ca}`]),
    `export WRIT_TOKEN=${ownerToken(serving.ownerTokenFile)}`,
    '',
    `${writ} doctor`,
    `${writ} demo`,
  ].join('\n')
}

/** The first owner's token; an operator may have taken its file away, as one should. */
function ownerToken(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch {
    return `(${file} is not there any more)`
  }
}
