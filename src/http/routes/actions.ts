import { bodyBytes, bodyText, headersText } from '../../listener/action-fields.ts'
import { executeAction } from '../../usecases/actions/execute-action.ts'
import { endpoint } from '../endpoint.ts'
import { actionBody, actionOut } from '../schemas/actions.ts'
import { ASKING, REDEEMING } from './refusals.ts'

export const execute = endpoint({
  summary: 'Have one call made, and get its answer',
  description:
    'The way of every call through the gateway, with a token that never leaves the service. ' +
    'Refusals of the gateway are told as they are; `spent` among the reasons names the receipt.',
  body: actionBody,
  answer: actionOut,
  asks: true,
  deadline: false,
  refusals: [
    'method_not_allowed',
    'not_found',
    'not_narrower',
    'policy_denied',
    'quarantined',
    'credential_not_permitted',
    'credential_unavailable',
    'response_withheld',
    'upstream_refused',
    'upstream_unreachable',
    'upstream_timeout',
    ...ASKING,
    ...REDEEMING,
  ],
  act: (world, { caller, body, connection }) => {
    const { lease_id: lease, body: text, body_base64: base64, template: _, ...rest } = body
    const sent = bodyBytes(text, base64)
    return executeAction(world, caller, { ...rest, lease, body: sent, address: connection.address })
  },
  view: ({ status, headers, body, receipt, record }) => ({
    status,
    headers: headersText(headers),
    ...bodyText(body),
    receipt: receipt ?? null,
    record: { chain: record.chain, sequence: record.sequence },
  }),
})
