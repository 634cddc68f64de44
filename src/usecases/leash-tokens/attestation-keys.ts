import type { KeyThumbprint, PrincipalId } from '../../domain/ids.ts'
import type { PublishedKey } from '../../token/jwks.ts'
import type { VerificationKey } from '../../token/key.ts'
import { leashKeyId } from '../../token/leash.ts'
import type { World } from '../world.ts'

/**
 * The attestation keys are those of purpose `leash` in the ring, numbered in the order they were
 * made; every person's name stands before the same numbers. Undefined: not in force any more.
 */
export function attestationKey(world: World, number: number): VerificationKey | undefined {
  const kid = numbered(world)[number - 1]
  return kid === undefined ? undefined : world.keys.verification(kid)
}

/** The name in headers of the key that signs now. */
export function activeLeashKeyId(world: World, subject: PrincipalId): string {
  const { kid } = world.keys.active('leash')
  return leashKeyId(subject, numbered(world).indexOf(kid) + 1)
}

/** LEASHX-06: the keys in force as a JWK set, named after a person; alike for whoever there is. */
export function leashKeySet(world: World, subject: PrincipalId): { keys: readonly PublishedKey[] } {
  const numbers = numbered(world)
  const { keys } = world.keys.jwks()
  return {
    keys: keys.flatMap((key) => {
      const number = numbers.indexOf(key.kid as KeyThumbprint) + 1
      return number === 0 ? [] : [{ ...key, kid: leashKeyId(subject, number) }]
    }),
  }
}

function numbered({ keys }: World) {
  const own = keys.list().filter(({ purpose }) => purpose === 'leash')
  return own.toReversed().map(({ kid }) => kid)
}
