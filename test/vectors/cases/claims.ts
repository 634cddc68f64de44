import { STATUS_LIST_SIZE } from '../../../src/domain/limits.ts'
import { changed, type VectorCase, vector, withPayload } from '../case.ts'
import { AUDIENCE, agentAt, bytesFor, ISSUER, jtiFor, NOW, SCOPE } from '../material.ts'

const thumbprint = bytesFor('certificate').toString('base64url')
const SPARE_BITS = `${'A'.repeat(42)}B`

/** [what is wrong, the claims in place of the sound ones, where it is told] */
type Row = readonly [string, Record<string, unknown>, string]

/** Claims that are missing, unknown, or not of their shape; one thing wrong in each. */
export function claimCases(): readonly VectorCase[] {
  return [
    ...headRows(),
    ...nameRows(),
    ...bindingRows(),
    ...scopeRows(),
    ...statusRows(),
    ...restRows(),
  ].map(([name, claims, pointer]) =>
    vector(`claims: ${name}`, withPayload(changed(claims)), 'malformed', { pointer }),
  )
}

function headRows(): readonly Row[] {
  const jtis: readonly [string, unknown, string][] = [
    ['an object', {}, ''],
    ['a list', [jtiFor('call 1')], ''],
    ['a number', 1, ''],
    ['null', null, ''],
    ['empty', '', ''],
    ['of 21 characters', 'A'.repeat(21), ''],
    ['of 23 characters', 'A'.repeat(23), ''],
    ['with bits beyond its last byte', `${'A'.repeat(21)}B`, '/jti'],
    ['a UUID', '01890a5d-ac96-774b-bcce-b302099a8057', ''],
  ]
  const times: readonly [string, unknown][] = [
    ['a text', String(NOW)],
    ['null', null],
    ['true', true],
    ['a list', [NOW]],
    ['an object', {}],
    ['negative', -1],
    ['a fraction', NOW + 0.5],
  ]
  return [
    ...['jti', 'iat', 'nbf', 'exp'].map(
      (claim): Row => [`no ${claim}`, { [claim]: undefined }, ''],
    ),
    ...jtis.map(([name, jti, pointer]): Row => [`jti ${name}`, { jti }, pointer]),
    ...['iat', 'nbf', 'exp'].flatMap((claim) =>
      times.map(([name, time]): Row => [`${claim} ${name}`, { [claim]: time }, '']),
    ),
    ['iat beyond the safe integers', { iat: 2 ** 53 }, '/iat'],
    ['nbf beyond the safe integers', { nbf: 2 ** 53 }, '/nbf'],
    ['exp beyond the safe integers', { exp: 2 ** 53 }, '/exp'],
    ['nbf before iat', { nbf: NOW - 1 }, '/nbf'],
    ['exp at nbf', { exp: NOW }, '/exp'],
    ['exp before iat', { exp: NOW - 1 }, '/exp'],
    ['a life of 301 seconds', { exp: NOW + 301 }, '/exp'],
    ['a life of a year', { exp: NOW + 31_536_000 }, '/exp'],
    ['a long life since an early iat', { iat: 0 }, '/exp'],
  ]
}

function nameRows(): readonly Row[] {
  const required = [
    'iss',
    'aud',
    'sub',
    'client_id',
    'act',
    'cnf',
    'authorization_details',
    'lease',
    'txn',
    'del_depth',
    'del_max_depth',
    'att',
  ]
  const unknown = ['scope', 'nonce', 'may_act', 'uses', 'admin', 'constructor', 'toString']
  return [
    ...required.map((claim): Row => [`no ${claim}`, { [claim]: undefined }, `/${claim}`]),
    ...required.map((claim): Row => [`${claim} null`, { [claim]: null }, `/${claim}`]),
    ...unknown.map((claim): Row => [`unknown ${claim}`, { [claim]: 'x' }, `/${claim}`]),
    ['unknown __proto__', JSON.parse('{"__proto__":{}}'), '/__proto__'],
    ['two audiences', { aud: [AUDIENCE, ISSUER] }, '/aud'],
    ['one audience in a list', { aud: [AUDIENCE] }, '/aud'],
    ['an empty audience', { aud: '' }, '/aud'],
    ['an audience of 1025 characters', { aud: 'a'.repeat(1025) }, '/aud'],
    ['two issuers', { iss: [ISSUER, 'https://evil.example'] }, '/iss'],
    ['an empty issuer', { iss: '' }, '/iss'],
    ['an issuer of 1025 characters', { iss: 'a'.repeat(1025) }, '/iss'],
    ['an empty sub', { sub: '' }, '/sub'],
    ['sub with a space', { sub: 'owner x' }, '/sub'],
    ['sub beyond ASCII', { sub: 'öwner' }, '/sub'],
    ['sub of 256 characters', { sub: 'a'.repeat(256) }, '/sub'],
    ['sub a number', { sub: 0 }, '/sub'],
    ['client_id a list', { client_id: [agentAt(1)] }, '/client_id'],
    ['client_id of another scheme', { client_id: 'https://acme.example/agent/x' }, '/client_id'],
    [
      'client_id in an upper-case domain',
      { client_id: 'spiffe://ACME.example/agent/x' },
      '/client_id',
    ],
    ['client_id with dot segments', { client_id: `${agentAt(1)}/../worker-0` }, '/client_id'],
    ['client_id with a final slash', { client_id: `${agentAt(1)}/` }, '/client_id'],
    ['client_id without a path', { client_id: 'spiffe://acme.example' }, '/client_id'],
    ['another client_id than the newest actor', { client_id: agentAt(2) }, '/act'],
    ['act a text', { act: agentAt(1) }, '/act'],
    ['act a list', { act: [{ sub: agentAt(1) }] }, '/act'],
    ['act without sub', { act: {} }, '/act'],
    ['act with another member', { act: { sub: agentAt(1), iss: ISSUER } }, '/act'],
    ['act with a third member', { act: { ...chain(2), iss: ISSUER } }, '/act'],
    ['act whose inner actor is null', { act: { sub: agentAt(1), act: null } }, '/act'],
    ['act whose inner sub is no agent', { act: { sub: agentAt(1), act: { sub: 'x' } } }, '/act'],
    ['act of eighteen actors', { act: chain(18) }, '/act'],
    ['act of another agent than client_id', { act: { sub: agentAt(2) } }, '/act'],
  ]
}

function statusRows(): readonly Row[] {
  const uri = `${ISSUER}/v1/status-lists/7`
  const entries: readonly [string, unknown][] = [
    ['a text', uri],
    ['null', null],
    ['an empty object', {}],
    ['a list', [{ idx: 0, uri }]],
    ['without idx', { uri }],
    ['without uri', { idx: 0 }],
    ['with another member', { idx: 0, uri, bits: 2 }],
    ['with a negative idx', { idx: -1, uri }],
    ['with an idx that is a fraction', { idx: 0.5, uri }],
    ['with an idx that is a text', { idx: '0', uri }],
    ['with the idx after the last', { idx: STATUS_LIST_SIZE, uri }],
    ['with a uri of another issuer', { idx: 0, uri: 'https://evil.example/v1/status-lists/7' }],
    [
      'with a uri that only begins like ours',
      { idx: 0, uri: `${ISSUER}.evil.example/v1/status-lists/7` },
    ],
    ['with a uri below another path', { idx: 0, uri: `${ISSUER}/x/v1/status-lists/7` }],
    ['with a uri and a query', { idx: 0, uri: `${uri}?time=1` }],
    ['with a list number in another spelling', { idx: 0, uri: `${ISSUER}/v1/status-lists/07` }],
    ['with a uri without a number', { idx: 0, uri: `${ISSUER}/v1/status-lists/` }],
    ['with a uri that is a list', { idx: 0, uri: [uri] }],
  ]
  const status = { status_list: { idx: 0, uri } }
  return [
    ['status a text', { status: 'x' }, '/status'],
    ['status null', { status: null }, '/status'],
    ['an empty status', { status: {} }, '/status'],
    ['status of another kind', { status: { identifier_list: status.status_list } }, '/status'],
    ['status of two kinds', { status: { ...status, identifier_list: {} } }, '/status'],
    ...entries.map(
      ([name, entry]): Row => [
        `status_list ${name}`,
        { status: { status_list: entry } },
        '/status',
      ],
    ),
  ]
}

function bindingRows(): readonly Row[] {
  const pin = { htm: 'GET', htu: 'https://api.github.com/repos/acme/x' }
  return [
    ['an empty cnf', { cnf: {} }, '/cnf'],
    ['cnf a text', { cnf: thumbprint }, '/cnf'],
    ['cnf a list', { cnf: [] }, '/cnf'],
    ['cnf with a key', { cnf: { jwk: { kty: 'OKP' } } }, '/cnf'],
    ['cnf with a key beside', { cnf: { 'x5t#S256': thumbprint, jwk: {} } }, '/cnf'],
    ['cnf with a key id', { cnf: { kid: thumbprint } }, '/cnf'],
    ['cnf by SHA-1', { cnf: { x5t: 'A'.repeat(27) } }, '/cnf'],
    ['cnf x5t#S256 empty', { cnf: { 'x5t#S256': '' } }, '/cnf'],
    ['cnf x5t#S256 padded', { cnf: { 'x5t#S256': `${thumbprint}=` } }, '/cnf'],
    ['cnf x5t#S256 with bits beyond its last byte', { cnf: { 'x5t#S256': SPARE_BITS } }, '/cnf'],
    ['cnf x5t#S256 in hexadecimal', { cnf: { 'x5t#S256': 'a'.repeat(64) } }, '/cnf'],
    ['cnf x5t#S256 null', { cnf: { 'x5t#S256': null } }, '/cnf'],
    ['cnf jkt null beside', { cnf: { 'x5t#S256': thumbprint, jkt: null } }, '/cnf'],
    ['cnf jkt short', { cnf: { jkt: 'A'.repeat(42) } }, '/cnf'],
    ['req null', { req: null }, '/req'],
    ['an empty req', { req: {} }, '/req'],
    ['req without htu', { req: { htm: 'GET' } }, '/req'],
    ['req without htm', { req: { htu: pin.htu } }, '/req'],
    ['req with another member', { req: { ...pin, ath: thumbprint } }, '/req'],
    ['req with an empty htm', { req: { ...pin, htm: '' } }, '/req'],
    ['req with two methods', { req: { ...pin, htm: 'GET,PUT' } }, '/req'],
    ['req with a list of methods', { req: { ...pin, htm: ['GET'] } }, '/req'],
    ['req with an htm of 33 letters', { req: { ...pin, htm: 'G'.repeat(33) } }, '/req'],
    ['req with an empty htu', { req: { ...pin, htu: '' } }, '/req'],
    ['req with a space in htu', { req: { ...pin, htu: `${pin.htu}/a b` } }, '/req'],
    ['req with a newline after htu', { req: { ...pin, htu: `${pin.htu}\n` } }, '/req'],
    ['req with htu beyond ASCII', { req: { ...pin, htu: `${pin.htu}/é` } }, '/req'],
    ['req with cd null', { req: { ...pin, cd: null } }, '/req'],
    ['req with cd padded', { req: { ...pin, cd: `${thumbprint}=` } }, '/req'],
    ['req with cd named', { req: { ...pin, cd: `sha-256:${thumbprint}` } }, '/req'],
    ['req with bits beyond cd', { req: { ...pin, cd: SPARE_BITS } }, '/req'],
  ]
}

function scopeRows(): readonly Row[] {
  const at = '/authorization_details'
  const { audiences: _, ...incomplete } = SCOPE
  const grants = (grant: object): object => ({ ...SCOPE, grants: [grant] })
  const [first] = SCOPE.grants
  return [
    ['no scope in the list', { authorization_details: [] }, at],
    ['two scopes', { authorization_details: [SCOPE, SCOPE] }, at],
    ['a scope without a list', { authorization_details: SCOPE }, at],
    ['a list for a scope', { authorization_details: [[]] }, at],
    ['a text for a scope', { authorization_details: ['urn:writ:scope:v1'] }, at],
    ['a scope of another type', details({ ...SCOPE, type: 'urn:writ:scope:v2' }), `${at}/0/type`],
    ['a scope with another member', details({ ...SCOPE, actions: ['*'] }), `${at}/0/actions`],
    ['a scope without audiences', details(incomplete), `${at}/0/audiences`],
    ['a grant of another type', details(grants({ type: 'sql' })), `${at}/0/grants/0/type`],
    ['a grant with another member', details(grants({ ...first, x: 1 })), `${at}/0/grants/0/x`],
    [
      'a grant with an empty list',
      details(grants({ ...first, methods: [] })),
      `${at}/0/grants/0/methods`,
    ],
    [
      'a grant with a null list',
      details(grants({ ...first, methods: null })),
      `${at}/0/grants/0/methods`,
    ],
  ]
}

function restRows(): readonly Row[] {
  const att = (changed({}) as { att: object }).att
  return [
    ['del_depth a text', { del_depth: '1' }, '/del_depth'],
    ['del_depth negative', { del_depth: -1 }, '/del_depth'],
    ['del_depth of 18', { del_depth: 18 }, '/del_depth'],
    ['del_max_depth a text', { del_max_depth: '16' }, '/del_max_depth'],
    ['del_max_depth of 17', { del_max_depth: 17 }, '/del_max_depth'],
    ['del_max_depth a fraction', { del_max_depth: 1.5 }, '/del_max_depth'],
    ['att an empty object', { att: {} }, '/att'],
    ['att with another member', { att: { ...att, nonce: 'x' } }, '/att'],
    ['att of a tier we do not know', { att: { ...att, tier: 'contraindicated' } }, '/att'],
    ['att of an upper-case tier', { att: { ...att, tier: 'Affirming' } }, '/att'],
    ['att of a method we do not know', { att: { ...att, method: 'tpm' } }, '/att'],
    ['att of no verifier', { att: { ...att, verifier: '' } }, '/att'],
    ['att of an unnamed hash', { att: { ...att, evh: thumbprint } }, '/att'],
    ['att of SHA-1', { att: { ...att, evh: `sha-1:${thumbprint}` } }, '/att'],
    ['att of a hash with spare bits', { att: { ...att, evh: `sha-256:${SPARE_BITS}` } }, '/att'],
    ['att at a text', { att: { ...att, at: String(NOW) } }, '/att'],
    ['att without a time', { att: { ...att, at: undefined } }, '/att'],
  ]
}

function details(scope: object): Record<string, unknown> {
  return { authorization_details: [scope] }
}

/** Nested actors, newest outermost, starting with the holder of the sound token. */
function chain(actors: number): { sub: string; act?: object } {
  let inner: { sub: string; act?: object } | undefined
  for (let index = 0; index < actors; index += 1) {
    const sub = agentAt(index === actors - 1 ? 1 : 0)
    inner = inner === undefined ? { sub } : { sub, act: inner }
  }
  return inner ?? { sub: agentAt(1) }
}
