import type { FaceRow } from '../listener/face.ts'
import { AGENT, PEERS, PEOPLE } from '../listener/guards.ts'
import { oauthRefused } from './errors.ts'
import { answerIntrospection } from './introspect.ts'
import { answerRevocation } from './revoke.ts'
import { answerToken } from './token.ts'

/** Where clients have certificates. */
const PEER = {
  method: 'POST',
  listeners: ['agents'],
  deadline: true,
  refused: oauthRefused('certificate'),
} as const

/** Where people have bearer tokens. */
const PERSON = {
  method: 'POST',
  listeners: ['api'],
  who: PEOPLE,
  deadline: true,
  refused: oauthRefused('bearer'),
} as const

const INTROSPECT = { path: '/oauth2/introspect', answer: answerIntrospection } as const
const REVOKE = { path: '/oauth2/revoke', answer: answerRevocation } as const

/** Every guarded address of this face. */
export const OAUTH_ROWS: readonly FaceRow[] = [
  { ...PEER, who: AGENT, path: '/oauth2/token', answer: answerToken },
  { ...PEER, ...INTROSPECT, who: PEERS },
  { ...PEER, ...REVOKE, who: PEERS },
  { ...PERSON, ...INTROSPECT },
  { ...PERSON, ...REVOKE },
]
