import { useEffect, useState } from 'preact/hooks'
import type { AgentView } from '../../client/views/agents.ts'
import { AgentActs } from '../agents/standing.tsx'
import { announce } from '../announce.ts'
import { type Answer, ask, get, pathOf, sentenceOf } from '../api.ts'
import { ContractEditor } from '../contract/contract-editor.tsx'
import { State, Tier } from '../parts/badges.tsx'
import { More } from '../parts/more.tsx'
import { Nothing } from '../parts/nothing.tsx'
import { ForOwners } from '../parts/owners.tsx'
import { Empty, Facts, Page, Problem } from '../parts/page.tsx'
import { usePages } from '../parts/pages-of.ts'
import { When } from '../parts/when.tsx'
import { hrefTo } from '../router.ts'
import { isOwner } from '../session.ts'
import { scopeSummary } from '../words.ts'

/** Everybody with a certificate. */
export function Agents() {
  const list = usePages<AgentView>('/v1/agents')
  const { items, loading, problem } = list
  return (
    <Page title="Agents" lead="Agents and enforcement points, each with its contract.">
      <Problem text={problem} />
      {items.length === 0 && !loading && (
        <Empty>
          Nobody is enrolled yet. <a href={hrefTo(['enroll'])}>Invite an agent.</a>
        </Empty>
      )}
      <ul class="rows">
        {items.map((agent) => (
          <li key={agent.uri}>
            <a class="row" href={hrefTo(['agents', agent.uri])}>
              <State state={agent.state} />
              <span class="row-main">
                <strong>{agent.name}</strong>
                <span class="quiet">
                  {agent.role}, of {agent.owner}
                </span>
              </span>
              <span class="row-scope">{scopeSummary(agent.contract)}</span>
              <span class="row-side">
                <Tier tier={agent.attestation.tier} />
              </span>
            </a>
          </li>
        ))}
      </ul>
      <More pages={list} />
    </Page>
  )
}

/** One agent, and its contract to be set anew by its own owner. */
export function Agent({ uri }: { readonly uri: string }) {
  const [answer, setAnswer] = useState<Answer<AgentView>>()
  const read = () => void get<AgentView>(pathOf(['v1', 'agents', uri])).then(setAnswer)
  useEffect(read, [uri])
  if (answer === undefined) return null
  if (!answer.ok) {
    return (
      <Nothing
        title="Agent"
        id={uri}
        back={['agents', 'All agents']}
        text={sentenceOf(answer.problem)}
      />
    )
  }
  const agent = answer.value
  const save = async (body: object) => {
    const saved = await ask<AgentView>('PUT', pathOf(['v1', 'agents', uri, 'contract']), body)
    if (!saved.ok) return sentenceOf(saved.problem)
    announce('The contract is in force, for leases that are open as well.')
    setAnswer(saved)
    return undefined
  }
  return (
    <Page title={agent.name}>
      <p class="lead">
        <a href={hrefTo(['agents'])}>Agents</a> · <State state={agent.state} />
      </p>
      <Known agent={agent} />
      <AgentActs agent={agent} onDone={read} />
      <h2>Contract</h2>
      <ForOwners what="set a contract" />
      {isOwner() ? (
        <ContractEditor
          key={agent.contract_version}
          scope={agent.contract}
          terms={agent.terms}
          submit="Set the contract"
          onSubmit={save}
        />
      ) : (
        <pre>{JSON.stringify({ contract: agent.contract, terms: agent.terms }, null, 2)}</pre>
      )}
    </Page>
  )
}

function evidenceOf({ attestation }: AgentView) {
  return (
    <>
      {attestation.method}, <When at={attestation.at} />
    </>
  )
}

function Known({ agent }: { readonly agent: AgentView }) {
  return (
    <Facts
      rows={[
        ['Id', <code key="id">{agent.uri}</code>],
        ['Answers for it', agent.owner],
        ['Attestation', <Tier key="tier" tier={agent.attestation.tier} />],
        ['Evidence', evidenceOf(agent)],
        ['Certificate', <code key="certificate">{agent.certificate_thumbprint}</code>],
        ['Enrolled', <When key="enrolled" at={agent.enrolled_at} />],
        ['Contract version', String(agent.contract_version)],
        [
          'Decisions',
          <a key="audit" href={hrefTo(['audit'], { actor: agent.uri })}>
            in the trail
          </a>,
        ],
      ]}
    />
  )
}
