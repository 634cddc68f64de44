import { parseApprovalId } from '../domain/ids.ts'
import { readJson } from '../domain/json.ts'
import { JSON_NESTING_MAX, SCOPE_STRING_MAX, TARGET_CHARACTERS_MAX } from '../domain/limits.ts'
import { refuse } from '../domain/refusal.ts'
import { accept, type Result } from '../domain/result.ts'
import { parseScopeRequest } from '../domain/scope/parse.ts'
import type { ScopeRequest } from '../domain/scope/types.ts'
import type { RequestPin } from '../domain/token.ts'
import { tellablePointer } from '../listener/parse.ts'
import { badParameter, type Form } from './form.ts'
import type { TokenParams } from './grants/grant.ts'

/** The name of the parameter that asks for a scope (RFC 9396 §2). */
const DETAILS = 'authorization_details'
/** RFC 3986 §4.3: absolute, without a fragment (RFC 8707 §2). */
const ABSOLUTE_URI = /^[A-Za-z][A-Za-z0-9+.-]*:[\x21\x22\x24-\x7e]+$/
const METHOD = /^[A-Za-z-]{1,32}$/
const TARGET = /^[\x21-\x7e]+$/
const DIGEST = /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/

/**
 * The parameters that all grants share. `scope` is refused: what is asked for is an object of our
 * type in `authorization_details`, and a word could only mean more or less than that. A client
 * proves itself by its connection, so that a secret or an assertion beside it is refused.
 */
export function readTokenParams(form: Form): Result<Omit<TokenParams, 'possession' | 'redeemed'>> {
  if (form.has('scope')) {
    return badParameter('scope', 'There are no scope words here; use authorization_details.')
  }
  if (form.has('client_secret') || form.has('client_assertion')) {
    return badParameter('', 'A client is proven by its certificate and nothing else.')
  }
  const resource = readResource(form)
  if (!resource.ok) return resource
  const details = readDetails(form.get(DETAILS))
  if (!details.ok) return details
  const given = form.get('approval_id')
  const approval = given === undefined ? undefined : parseApprovalId(given)
  if (given !== undefined && approval === undefined) {
    return badParameter('approval_id', 'This is no approval id.')
  }
  const pin = readPin(form)
  if (!pin.ok) return pin
  return accept({
    form,
    resource: resource.value,
    details: details.value,
    approval,
    pin: pin.value,
  })
}

/** RFC 8707 §2, RFC 8693 §2.1: a token has exactly one audience, however it is named. */
function readResource(form: Form): Result<string> {
  const resource = form.get('resource')
  const audience = form.get('audience')
  if (resource !== undefined && !ABSOLUTE_URI.test(resource)) {
    return badParameter('resource', 'A resource is an absolute URI without a fragment.')
  }
  if (resource !== undefined && audience !== undefined && resource !== audience) {
    return badParameter('resource', 'A token is for one audience, and these are two.')
  }
  const one = resource ?? audience
  if (one === undefined) return badParameter('resource', 'Name the resource the token is for.')
  if (one.length > SCOPE_STRING_MAX) return badParameter('resource', 'This is too long.')
  return accept(one)
}

/** RFC 9396 §2: a list; here of exactly one object, of our type. */
function readDetails(text: string | undefined): Result<ScopeRequest | undefined> {
  if (text === undefined) return accept(undefined)
  const read = readJson(text, JSON_NESTING_MAX)
  if (!read.ok) return badDetails(read.pointer, read.detail)
  if (!Array.isArray(read.value) || read.value.length !== 1) {
    return badDetails('', 'A list of exactly one object.')
  }
  const parsed = parseScopeRequest(read.value[0])
  return parsed.ok ? accept(parsed.value) : badDetails(`/0${parsed.pointer}`, parsed.detail)
}

function badDetails(pointer: string, detail: string): Result<never> {
  const told = tellablePointer(`/${DETAILS}${pointer}`)
  const reason = { pointer: told, code: 'malformed', detail }
  return refuse('malformed', {}, [reason])
}

/** The claim `req` as parameters of the same names: the one request the token will be good for. */
function readPin(form: Form): Result<RequestPin | undefined> {
  const [method, target, bodyDigest] = [form.get('htm'), form.get('htu'), form.get('cd')]
  if (method === undefined && target === undefined && bodyDigest === undefined) {
    return accept(undefined)
  }
  if (method === undefined || !METHOD.test(method)) return badParameter('htm', 'A method.')
  const fits = target !== undefined && target.length <= TARGET_CHARACTERS_MAX
  if (!fits || !TARGET.test(target)) return badParameter('htu', 'The target of one request.')
  if (bodyDigest === undefined) return accept({ method, target })
  if (!DIGEST.test(bodyDigest)) return badParameter('cd', 'SHA-256 of the body in base64url.')
  return accept({ method, target, bodyDigest })
}
