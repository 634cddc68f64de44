/** `writ/middleware/a2a`: a delegation that travels inside a message between agents (A2A 1.0). */
import { TOKEN_BYTES_MAX } from '../domain/limits.ts'
import { type RefusalCode, refusalEntry } from '../domain/refusal.ts'
import { type SealedText, seal } from '../domain/sealed-text.ts'
import { parseToken } from '../token/check.ts'
import { isObject } from '../token/shape.ts'

export type { SealedText } from '../domain/sealed-text.ts'

/** The URI of this extension of A2A: names it in cards, headers and messages. */
export const DELEGATION_EXTENSION = 'urn:writ:a2a:delegation:v1'

/** The header by which an A2A 1.0 call says which extensions it uses. */
export const EXTENSIONS_HEADER = 'A2A-Extensions'

/** An A2A message or request parameters, as far as it is looked at. */
export interface A2aMessage {
  readonly extensions?: readonly string[]
  readonly metadata?: Readonly<Record<string, unknown>>
}

/** What to put under `capabilities.extensions` of an agent card. */
export function delegationExtension(required = false): {
  readonly uri: string
  readonly description: string
  readonly required: boolean
} {
  const description = 'Takes a Writ delegation token in message metadata and redeems it, once.'
  return { uri: DELEGATION_EXTENSION, description, required }
}

/** The header of a call that carries a delegation, beside other extensions it uses. */
export function extensionHeader(others: readonly string[] = []): Readonly<Record<string, string>> {
  return { [EXTENSIONS_HEADER]: [...others, DELEGATION_EXTENSION].join(', ') }
}

/**
 * The message with a delegation token in its metadata. The token is good only for the delegate it
 * names, once; still it goes only over TLS to that agent. Throws when it is no delegation token.
 */
export function withDelegation<M extends object>(message: M, token: string): M {
  if (!parseToken(token, 'delegation').ok) throw new Error('This is no delegation token.')
  const { extensions = [], metadata = {} }: A2aMessage = message
  return {
    ...message,
    extensions: [...extensions.filter((uri) => uri !== DELEGATION_EXTENSION), DELEGATION_EXTENSION],
    metadata: { ...metadata, [DELEGATION_EXTENSION]: { token } },
  }
}

/** A message without its delegation, and the delegation, which prints as nothing (I12). */
export interface TakenDelegation<M> {
  readonly message: M
  readonly delegation: SealedText | undefined
}

/** A delegation that is not in the form of this extension. */
export class DelegationRefused extends Error {
  override readonly name = 'DelegationRefused'
  readonly code: RefusalCode

  constructor(code: RefusalCode) {
    super(refusalEntry(code).sentence)
    this.code = code
  }
}

/**
 * Takes the delegation out of a message, before anything logs or stores it. What is left has
 * neither the token nor our extension. Throws `DelegationRefused` for a token in another form than
 * ours; whether it is genuine, and for whom, redeeming it shows.
 */
export function takeDelegation<M extends object>(message: M): TakenDelegation<M> {
  const { metadata, extensions }: A2aMessage = message
  if (metadata === undefined || !Object.hasOwn(metadata, DELEGATION_EXTENSION)) {
    return { message, delegation: undefined }
  }
  const { [DELEGATION_EXTENSION]: carried, ...left } = metadata
  const others = extensions?.filter((uri) => uri !== DELEGATION_EXTENSION)
  const rest = {
    ...message,
    metadata: left,
    ...(others === undefined ? {} : { extensions: others }),
  }
  const token = isObject(carried) ? carried['token'] : undefined
  if (typeof token !== 'string') throw new DelegationRefused('malformed')
  if (token.length > TOKEN_BYTES_MAX) throw new DelegationRefused('too_large')
  const parsed = parseToken(token, 'delegation')
  if (!parsed.ok) throw new DelegationRefused(parsed.refusal.code)
  return { message: rest, delegation: seal(token) }
}

/**
 * Takes the delegation out and redeems it with `redeem`, which asks the authority as the agent that
 * received it (`client.redeem`): only the delegate it names can (I1), once (I7).
 */
export async function receiveDelegation<M extends object, Lease>(
  message: M,
  redeem: (token: string) => Promise<Lease>,
): Promise<{ readonly message: M; readonly lease: Lease | undefined }> {
  const taken = takeDelegation(message)
  const { delegation } = taken
  const lease = delegation === undefined ? undefined : await delegation.use(redeem)
  return { message: taken.message, lease }
}
