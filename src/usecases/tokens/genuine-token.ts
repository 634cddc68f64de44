import {
  type ParsedToken,
  parseToken,
  type VerifiedToken,
  verifyToken,
} from '../../token/verify.ts'
import type { World } from '../world.ts'

/**
 * A token of either kind that is genuine and in its time, whoever asks and whatever it is meant
 * for; undefined for everything else. Says nothing of revocations, nor of who may present it.
 */
export async function readGenuine(world: World, text: string): Promise<VerifiedToken | undefined> {
  const parsed = parseEither(text)
  if (parsed === undefined) return undefined
  const { issuer, keys, store } = world
  const { audience } = parsed.claims
  const verified = await verifyToken(parsed, { keys, issuer, audience, now: store.now() })
  return verified.ok ? verified.value : undefined
}

function parseEither(text: string): ParsedToken | undefined {
  const call = parseToken(text, 'call')
  if (call.ok) return call.value
  const delegation = parseToken(text, 'delegation')
  return delegation.ok ? delegation.value : undefined
}
