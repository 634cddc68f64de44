/** A process of its own that rotates keys: `<keysDir> <rotations>`. Prints each new kid. */
import { createSecretKey } from 'node:crypto'
import { epochSeconds } from '../../src/domain/time.ts'
import { openKeyRing } from '../../src/token/keyring.ts'
import type { MasterKey } from '../../src/vault/envelope.ts'

const [keysDir = '', rotations = '0'] = process.argv.slice(2)
const master = createSecretKey(Buffer.alloc(32, 1)) as MasterKey
const now = epochSeconds(1_800_000_000)
const ring = await openKeyRing({ keysDir, master, clock: { now: () => now } })
for (let round = 0; round < Number(rotations); round += 1) {
  const { kid } = await ring.rotate('token', now)
  process.stdout.write(`${kid}\n`)
}
