import { REFUSALS, type RefusalCode } from '../../src/domain/refusal.ts'
import { STATUS_TOLD } from '../../src/forward-auth/status.ts'
import { REASONS } from '../../src/leash-tokens/reasons.ts'
import { MCP_REFUSALS } from '../../src/mcp/refusals.ts'
import { OAUTH_ERRORS } from '../../src/oauth/errors.ts'
import { CDP_CODES, CDP_ERRORS } from '../../src/rpc/cdp/codes.ts'
import { CRP_ERRORS, CRP_NUMBERS } from '../../src/rpc/crp/errors.ts'
import { code, page, table } from './markdown.ts'

const ABOUT = `The table is closed and in order of precedence: when several refusals apply at one stage of
a decision, the earliest is told. Over HTTP a refusal is \`application/problem+json\` (RFC 9457):
\`{type: "urn:writ:refusal:<code>", title, status, code, request_id, reasons: [{pointer, code, detail}]}\`,
with \`retry_after_seconds\` where waiting can help; \`title\` is the sentence. \`challenge\` is the error word
of \`WWW-Authenticate\` with 401 and 403 (RFC 6750), \`exit\` the status of the [command](commands.md).`

const FACES = `Each face tells the word of the table above, whatever numbers and words its own protocol has.
Where these stand depends on the face: \`code\` beside \`error\` in OAuth, \`error.data.code\` in CRP, CDP and
JSON-RPC of MCP, \`structuredContent.code\` of a tool of MCP, where \`next\` says what a model can do; a proxy
of forward-auth is told 401 or 403, with the word in the body and in \`Writ-Refusal\`. A face may say more
where it knows more, such as \`authorization_pending\` of OAuth while a person is asked; see
[protocol](protocol.md#refusals-through-each-face).`

/** docs/reference/refusals.md: the one table, and how each face spells it. */
export function refusalsPage(): string {
  const rows = [...REFUSALS.values()].map(({ precedence, http, oauth, exit, ...entry }) => {
    const { code: word, sentence } = entry
    return [String(precedence + 1), code(word), String(http), code(oauth), String(exit), sentence]
  })
  const faces = [...REFUSALS.keys()].map((word) => [code(word), ...spelled(word)])
  return page(
    'Refusals',
    'src/domain/refusal.ts and the total tables of the faces',
    ABOUT,
    table(['', 'code', 'HTTP', 'challenge', 'exit', 'sentence'], rows),
    '## Through each face',
    FACES,
    table(['code', 'OAuth', 'MCP', 'CRP', 'CDP', 'leash', 'forward-auth'], faces),
  )
}

function spelled(word: RefusalCode): readonly string[] {
  const [error, status] = OAUTH_ERRORS[word]
  const [rpc, next] = MCP_REFUSALS[word]
  const crp = CRP_ERRORS[word]
  const cdp = CDP_CODES[word]
  return [
    `${code(error)} ${status}`,
    `${rpc}, \`${next}\``,
    `${code(crp)} ${CRP_NUMBERS[crp]}`,
    `${code(cdp)} ${CDP_ERRORS[cdp]}`,
    code(REASONS[word]),
    String(STATUS_TOLD[word]),
  ]
}
