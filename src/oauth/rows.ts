import type { FaceRow } from '../listener/face.ts'
import { AGENT } from '../listener/guards.ts'
import { oauthRefused } from './errors.ts'
import { answerToken } from './token.ts'

/** Every guarded address of this face. The token endpoint is where clients have certificates. */
export const OAUTH_ROWS: readonly FaceRow[] = [
  {
    method: 'POST',
    path: '/oauth2/token',
    listeners: ['agents'],
    who: AGENT,
    deadline: true,
    answer: answerToken,
    refused: oauthRefused('certificate'),
  },
]
