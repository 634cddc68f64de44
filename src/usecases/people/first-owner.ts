import { randomBytes } from 'node:crypto'
import { readdirSync, renameSync, unlinkSync } from 'node:fs'
import { join } from 'node:path'
import { DEFAULT_TENANT } from '../../domain/ids.ts'
import { accept } from '../../domain/result.ts'
import { readSecretFile, replaceSecretFile } from '../../vault/envelope.ts'
import { hashSecret } from '../bearer-secret.ts'
import type { World } from '../world.ts'
import { makeRoleToken } from './operators.ts'

/** Name of the first owner, and of the file beside the keys that holds its token. */
const FIRST_OWNER = 'owner'
const TOKEN_FILE = 'owner.token'
const PENDING = `${TOKEN_FILE}.pending-`

/**
 * The first owner, once; its token goes into a closed file beside the keys and nowhere else.
 * Answers where. The token is on disk before the owner is in the store, and takes its name after:
 * of several first starts at once, the file is that of the owner who came to be, and a process that
 * is killed in between leaves a token that the next start finds.
 */
export async function ensureFirstOwner(world: World, keysDir: string): Promise<string> {
  const file = join(keysDir, TOKEN_FILE)
  const known = await world.store.read((reads) => reads.roleCredentials(DEFAULT_TENANT))
  if (known.length > 0) {
    await nameLeftToken(world, keysDir)
    return file
  }
  const token = makeRoleToken('owner')
  const pending = join(keysDir, `${PENDING}${randomBytes(6).toString('hex')}`)
  replaceSecretFile(pending, `${token}\n`)
  if (await insertOwner(world, token)) renameSync(pending, file)
  else unlinkSync(pending)
  return file
}

/** Answers false when another process was first. */
async function insertOwner(world: World, token: string): Promise<boolean> {
  const { result } = await world.store.decide<boolean>(async (tx) => {
    const inserted = await tx.insertRoleCredential({
      tenant: DEFAULT_TENANT,
      name: FIRST_OWNER,
      role: 'owner',
      tokenHash: hashSecret(token),
      certificate: null,
      createdAt: tx.now,
      revokedAt: null,
    })
    return {
      result: accept(inserted.ok),
      record: {
        event: 'authority.started',
        outcome: 'allowed',
        tenant: DEFAULT_TENANT,
        actor: 'authority',
        request: world.ids.request(),
        lease: null,
        facts: { firstOwner: inserted.ok },
      },
    }
  })
  return result.ok && result.value
}

/** Only a token that is the owner's gets the name; another may be of a start under way. */
async function nameLeftToken(world: World, keysDir: string): Promise<void> {
  for (const name of readdirSync(keysDir)) {
    if (!name.startsWith(PENDING)) continue
    const pending = join(keysDir, name)
    const token = readSecretFile(pending)?.trim() ?? ''
    const owner = await world.store.read((reads) => reads.roleCredential(hashSecret(token)))
    if (owner !== undefined) renameSync(pending, join(keysDir, TOKEN_FILE))
  }
}
