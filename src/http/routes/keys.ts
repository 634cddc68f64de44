import type { z } from '@hono/zod-openapi'
import { timeText } from '../../listener/time-text.ts'
import type { KeyView } from '../../token/keyring.ts'
import { listKeys, retireKey, rotateKey } from '../../usecases/keys.ts'
import { endpoint } from '../endpoint.ts'
import { keyListOut, keyOut, keyParams, retireKeyBody, rotateKeyBody } from '../schemas/keys.ts'

function keyView(key: KeyView): z.input<typeof keyOut> {
  const { kid, purpose, alg, state, createdAt, verifiesUntil } = key
  return {
    kid,
    purpose,
    alg,
    state,
    created_at: timeText(createdAt),
    verifies_until: verifiesUntil === null ? null : timeText(verifiesUntil),
  }
}

export const list = endpoint({
  summary: 'List the signing keys, newest first',
  description: 'Public facts alone: purpose, algorithm, state, and until when a key verifies.',
  answer: keyListOut,
  refusals: [],
  act: (world, { caller }) => listKeys(world, caller),
  view: (keys) => ({ items: keys.map(keyView), cursor: null }),
})

export const rotate = endpoint({
  summary: 'Sign with a new key',
  description: 'The old one goes on verifying until its last token has died.',
  body: rotateKeyBody,
  status: 201,
  answer: keyOut,
  refusals: [],
  act: (world, { caller, body }) => rotateKey(world, caller, body),
  view: keyView,
})

export const retire = endpoint({
  summary: 'Take a key out of force at once',
  description: 'Everything it signed is void. An active key gets a successor.',
  params: keyParams,
  body: retireKeyBody,
  answer: keyOut,
  refusals: ['not_found'],
  act: (world, { caller, params, body }) =>
    retireKey(world, caller, { kid: params.kid, reason: body.reason }),
  view: keyView,
})
