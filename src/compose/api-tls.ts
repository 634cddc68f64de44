import { readFileSync } from 'node:fs'
import type { ServerOptions } from 'node:https'
import { personTlsOptions } from '../pki/listener.ts'
import type { Config } from '../settings/config.ts'
import type { World } from '../usecases/world.ts'
import { readProvidedSecret } from '../vault/secret-file.ts'

/**
 * What the api listener shows when it speaks TLS: the files of the settings, read anew each time,
 * or a fresh certificate of our own authority. Undefined when it speaks plain HTTP. Throws when a
 * file can not be read or its key is open to others.
 */
export async function apiTls(config: Config, world: World): Promise<ServerOptions | undefined> {
  const how = config['listeners.api_tls']
  if (how === 'off') return undefined
  const shown = await shownBy(config, world)
  return personTlsOptions({ ...shown, asks: how === 'with_certificates' })
}

async function shownBy(config: Config, world: World) {
  const file = config['listeners.api_certificate']
  if (file !== '') {
    return {
      certificatePem: readFileSync(file, 'utf8'),
      privateKeyPem: readProvidedSecret(config['listeners.api_private_key']),
    }
  }
  return world.ca.issueServer({ names: config.server_names, now: world.clock.now() })
}
