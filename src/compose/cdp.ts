import { rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { hashExe } from '../attestation/process/proc-files.ts'
import { parseAgentUri } from '../domain/ids.ts'
import { listenCdpSocket } from '../rpc/cdp/socket.ts'
import type { Config } from '../settings/config.ts'
import { openSecretFolder } from '../vault/envelope.ts'
import type { Endings } from './process.ts'
import type { OpenWorld } from './world.ts'

/** What tells agents where the gate is, and which (CDPX-08); beside the socket. */
const FINGERPRINT_FILE = 'gate.fingerprint'

/** Opens the local socket of CDP where the settings have one. */
export async function serveCdp(
  config: Config,
  { world, log }: Pick<OpenWorld, 'world' | 'log'>,
  endings: Endings,
): Promise<{ cdp?: string }> {
  const path = config['cdp.socket']
  const gate = world.cdp
  if (path === '' || gate === undefined) return {}
  const folder = dirname(path)
  openSecretFolder(folder)
  const agent = parseAgentUri(config['cdp.socket_agent'])
  const socket = await listenCdpSocket(path, { world, gate, log, agent })
  endings.push(() => socket.close())
  await writeFingerprint(join(folder, FINGERPRINT_FILE), path, world)
  return { cdp: path }
}

async function writeFingerprint(
  file: string,
  socketPath: string,
  { issuer, keys, clock }: OpenWorld['world'],
): Promise<void> {
  const { kid } = keys.active('token')
  const published = keys.jwks().keys.find((key) => key.kid === kid)
  const hash = await hashExe(process.pid).catch(() => undefined)
  const content = {
    gate_pid: process.pid,
    gate_binary_hash: hash === undefined ? '' : `sha256:${hash.toString('hex')}`,
    public_key: `ed25519:${published?.x ?? ''}`,
    socket_path: socketPath,
    started_at: new Date(clock.now() * 1_000).toISOString(),
    issuer,
  }
  rmSync(file, { force: true })
  writeFileSync(file, `${JSON.stringify(content)}\n`, { mode: 0o400, flag: 'wx' })
}
