import type { AgentView } from '../../client/views/agents.ts'
import { fields, type Output } from '../output.ts'
import { table } from '../table.ts'

/** One agent in full, for people. */
export function agentText(agent: AgentView, output: Output): string {
  const { attestation, server_names: names } = agent
  return [
    output.paint('bold', agent.uri),
    fields([
      ['state', agent.state],
      ['role', agent.role],
      ['owner', agent.owner],
      ['certificate', agent.certificate_thumbprint],
      ...(names.length === 0 ? [] : [['names', names.join(' ')] as const]),
      ['evidence', `${attestation.tier} by ${attestation.method}, ${attestation.at}`],
      ['enrolled', agent.enrolled_at],
      ['contract', `version ${agent.contract_version}`],
    ]),
    output.paint('dim', 'terms'),
    fields(termsRows(agent.terms)),
    output.paint('dim', 'contract'),
    JSON.stringify(agent.contract, null, 2),
  ].join('\n')
}

/** A new agent in a few lines: whoever added it has its contract at hand. */
export function addedText({ uri, contract, terms, name }: AgentView, output: Output): string {
  const grants = contract.grants.length
  return [
    output.paint('bold', uri),
    fields([
      ['contract', `${grants} ${grants === 1 ? 'grant' : 'grants'}`],
      ['terms', `approval ${terms.approval_mode.replaceAll('_', ' ')}`],
      ['all of it', `writ agent show ${name}`],
    ]),
  ].join('\n')
}

/** Terms as people read them. */
function termsRows(terms: AgentView['terms']): readonly (readonly [string, string])[] {
  const list = (names: 'any' | readonly string[]) => (names === 'any' ? 'any' : names.join(' '))
  return [
    ['approval', terms.approval_mode.replaceAll('_', ' ')],
    ['categories', terms.categories.join(' ') || 'none'],
    ['credentials', list(terms.credentials)],
    ['environments', list(terms.environments)],
    ['rate', `${terms.rate.hour} an hour, ${terms.rate.day} a day`],
    ['actions', terms.actions ? 'yes' : 'no'],
    ['retrieval', terms.retrieve ? 'yes' : 'no'],
    ['ends', terms.expires_at ?? 'never'],
  ]
}

/** Agents as rows, one a line. */
export function agentRows(agents: readonly AgentView[]): string {
  if (agents.length === 0) return 'No agents.'
  return table(
    ['NAME', 'STATE', 'ROLE', 'OWNER', 'EVIDENCE', 'URI'],
    agents.map((agent) => [
      agent.name,
      agent.state,
      agent.role,
      agent.owner,
      agent.attestation.tier,
      agent.uri,
    ]),
  )
}
