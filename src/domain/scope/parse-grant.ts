import { JUDGED_BODY_BYTES_MAX } from '../limits.ts'
import { isHostPattern } from './host.ts'
import {
  fail,
  type Intake,
  integerBetween,
  isRecord,
  listOf,
  type Members,
  neededOf,
  type Reader,
  readFlag,
  readObject,
  textThat,
  wordOf,
  wordOr,
} from './intake.ts'
import { argumentMapOf } from './parse-constraint.ts'
import { pointerTo } from './parsed.ts'
import { hasEncodedSlash, isPathPattern } from './path.ts'
import type { BodyRule, GrantRequest, HttpGrant, ToolGrant } from './types.ts'

/** Token of RFC 9110 §5.6.2. */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
/** `type/subtype` in lower case, without parameters (RFC 6838 §4.2). */
const MEDIA_TYPE = /^[a-z0-9][a-z0-9!#$&^_.+-]{0,126}\/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}$/

/** A method of a request, granted or not. */
export const readToken: Reader<string> = textThat((text) => TOKEN.test(text), 'not a method')

/** A method as RFC 9110 §9.1 spells it; TRACE and CONNECT can never be granted, in no case. */
const readMethod: Reader<string> = textThat(
  (text) => TOKEN.test(text) && !/^(?:trace|connect)$/i.test(text),
  'not a method that can be granted',
)

/** An identifier that is compared byte by byte: printable ASCII without space. */
export const readIdentifier: Reader<string> = textThat(
  (text) => /^[\x21-\x7e]+$/.test(text),
  'not printable ASCII',
)

/** A tool name: any text without control characters, never folded or normalised. */
export const readToolName: Reader<string> = textThat(
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it refuses
  (text) => !/[\u0000-\u001f\u007f-\u009f]/.test(text),
  'not a tool name',
)

const BODY: Members<BodyRule> = {
  max_bytes: integerBetween(0, JUDGED_BODY_BYTES_MAX),
  media_types: listOf(
    textThat((text) => MEDIA_TYPE.test(text), 'not a media type in lower case'),
    'empty is malformed',
  ),
  forbidden_fields: listOf(
    textThat(() => true, 'not a field name'),
    'empty is malformed',
  ),
  fields: argumentMapOf('json'),
}

const readBodyRule: Reader<BodyRule> = (intake, value, pointer) => {
  const rule = readObject(intake, value, pointer, BODY, [])
  if (rule === undefined || Object.keys(rule).length > 0) return rule
  return fail(intake, pointer, 'a rule that says nothing is never meant')
}

const HTTP: Members<HttpGrant> = {
  type: wordOf(['http']),
  schemes: listOf(wordOf(['https', 'http']), 'empty is malformed'),
  hosts: listOf(textThat(isHostPattern, 'not a canonical host pattern'), 'empty is malformed'),
  ports: listOf(integerBetween(1, 65535), 'empty is malformed'),
  methods: listOf(readMethod, 'empty is malformed'),
  paths: listOf(textThat(isPathPattern, 'not a canonical path pattern'), 'empty is malformed'),
  query: wordOr(['any', 'none'], argumentMapOf('text')),
  body: wordOr(['any', 'none'], readBodyRule),
  private_net: readFlag,
  encoded_slash: readFlag,
}

const TOOL: Members<ToolGrant> = {
  type: wordOf(['tool']),
  server: readIdentifier,
  tool: readToolName,
  arguments: argumentMapOf('json'),
}

/** A grant as asked for; in an explicit document every dimension has to be there. */
export const readGrant: Reader<GrantRequest> = (intake, value, pointer) => {
  if (!isRecord(value)) return fail(intake, pointer, 'not a grant')
  const type = Object.hasOwn(value, 'type') ? value['type'] : undefined
  if (type === 'http') {
    const grant = readObject(intake, value, pointer, HTTP, neededOf(intake, HTTP))
    return grant && withDeclaredSlashes(intake, grant, pointer)
  }
  if (type === 'tool') return readObject(intake, value, pointer, TOOL, neededOf(intake, TOOL))
  return fail(intake, pointerTo(pointer, 'type'), 'not http or tool')
}

/**
 * A request that names a path with `%2F` has to ask for `encoded_slash` beside it. An explicit
 * scope may have inherited its paths and turned the flag off, which leaves such a path without
 * effect.
 */
function withDeclaredSlashes(
  intake: Intake,
  grant: Partial<HttpGrant> & Pick<HttpGrant, 'type'>,
  pointer: string,
): GrantRequest | undefined {
  if (intake.explicit || grant.encoded_slash === true) return grant
  const index = grant.paths?.findIndex(hasEncodedSlash) ?? -1
  if (index < 0) return grant
  const at = pointerTo(pointerTo(pointer, 'paths'), index)
  return fail(intake, at, 'an encoded slash needs encoded_slash: true in the same grant')
}
