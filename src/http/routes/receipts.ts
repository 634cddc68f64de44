import { timeText } from '../../listener/time-text.ts'
import { readReceipt } from '../../usecases/tokens/read-receipt.ts'
import { endpoint } from '../endpoint.ts'
import { receiptOut, receiptParams } from '../schemas/receipts.ts'

export const read = endpoint({
  summary: 'Read what became of a spent token',
  description: 'Settles a lost answer, for the certificate that spent the token.',
  params: receiptParams,
  answer: receiptOut,
  refusals: ['not_found'],
  act: (world, { caller, params }) => readReceipt(world, caller, params),
  view: ({ jti, at, record: { chain, sequence }, bornLease }) => ({
    jti,
    at: timeText(at),
    record: { chain, sequence },
    born_lease: bornLease,
  }),
})
