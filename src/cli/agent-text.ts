import type { AgentView } from '../client/views.ts'
import { fields, type Output, table } from './output.ts'

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
    JSON.stringify(agent.contract, null, 2),
  ].join('\n')
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
