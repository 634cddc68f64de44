import { readFileSync } from 'node:fs'
import type { Log } from '../log.ts'
import type { Config } from '../settings/config.ts'
import type { Store } from '../store/ports.ts'
import { AccessTokens } from '../vault/access-tokens.ts'
import { CredentialVault, type MasterKey } from '../vault/envelope.ts'
import { fileBackend } from '../vault/file-backend.ts'
import { kvBackend } from '../vault/kv-backend.ts'

/**
 * Opens the vault of a configuration: the embedded backend always, the others where they are set
 * up. Asks none of them anything yet. Throws a plain sentence when a file it names is missing.
 */
export function openVault(
  config: Config,
  master: MasterKey,
  { store, log }: { readonly store: Store; readonly log: Log },
): CredentialVault {
  const { 'vault.file_dir': folder, 'vault.kv_url': url, 'vault.kv_ca': ca } = config
  return new CredentialVault({
    master,
    readVersion: (key, version) => store.read((reads) => reads.credentialVersion(key, version)),
    failed: (fault) => log.fault('vault.failed', fault),
    usual: config['vault.backend'],
    backends: {
      ...(folder === '' ? {} : { file: fileBackend(folder, master) }),
      ...(url === '' ? {} : { vault_kv: kvBackend({ url, ...kvOf(config, ca) }) }),
    },
    tokens: new AccessTokens({ now: () => performance.now() }),
  })
}

function kvOf(config: Config, ca: string) {
  return {
    mount: config['vault.kv_mount'],
    namespace: config['vault.kv_namespace'],
    tokenFile: config['vault.kv_token_file'],
    authorities: ca === '' ? undefined : readFileSync(ca, 'utf8'),
  }
}
