import type { AatTrust, TrustedAatIssuer } from '../../aat/trust.ts'
import type { Agent } from '../../domain/agent.ts'
import { type CertificateThumbprint, DEFAULT_TENANT } from '../../domain/ids.ts'
import { canonicalJson } from '../../domain/json.ts'
import { accept } from '../../domain/result.ts'
import type { Json, Scope } from '../../domain/scope/types.ts'
import { OPEN_TERMS } from '../../domain/terms.ts'
import type { EpochSeconds } from '../../domain/time.ts'
import { hashSecret } from '../bearer-secret.ts'
import type { World } from '../world.ts'

/**
 * Enters each issuer of chains as a holder whose contract is its ceiling, so that contracts,
 * revocation and limits hold for its chains as they do for agents. Nobody can come as it: its
 * certificate is a digest that no certificate has. A ceiling that changed is a new version of the
 * contract, which counts at once for chains that are known already. Run at each start; throws when
 * an agent has the name.
 */
export async function standForIssuers(world: World): Promise<void> {
  for (const trusted of world.aat?.issuers.values() ?? []) await standFor(world, trusted)
}

async function standFor(world: World, trusted: TrustedAatIssuer): Promise<void> {
  const known = await world.store.read((reads) => reads.agent(DEFAULT_TENANT, trusted.uri))
  if (known !== undefined && isAsConfigured(known, trusted)) return
  await world.store.decide<void>(async (tx) => {
    const before = await tx.agent(DEFAULT_TENANT, trusted.uri)
    const { uri, owner, ceiling: contract } = trusted
    const version = (before?.contractVersion ?? 0) + 1
    if (before !== undefined && before.certificate !== certificateOf(trusted)) {
      throw new Error(`There is an agent ${uri}; give issuer ${trusted.name} another name.`)
    }
    if (before === undefined) await tx.insertAgent(agentOf(trusted, world, tx.now))
    else await tx.updateAgent({ ...before, owner, contract, contractVersion: version })
    return {
      result: accept(undefined),
      record: {
        event: before === undefined ? 'agent.enrolled' : 'agent.contract_set',
        outcome: 'allowed',
        tenant: DEFAULT_TENANT,
        actor: 'authority',
        request: world.ids.request(),
        lease: null,
        facts: { agent: uri, version, aat_issuer: trusted.issuer },
      },
    }
  })
}

function agentOf(trusted: TrustedAatIssuer, world: World, now: EpochSeconds): Agent {
  const { uri, owner, ceiling } = trusted
  const digest = certificateOf(trusted)
  return {
    tenant: DEFAULT_TENANT,
    uri,
    role: 'agent',
    owner,
    contract: ceiling,
    terms: OPEN_TERMS,
    contractVersion: 1,
    certificate: digest,
    serverNames: [],
    attestation: {
      tier: 'none',
      method: 'none',
      verifier: world.issuer,
      evidenceHash: `sha-256:${digest}`,
      at: now,
    },
    enrolledAt: now,
  }
}

/** Of no certificate: the digest of another text. */
function certificateOf({ issuer }: TrustedAatIssuer): CertificateThumbprint {
  return hashSecret(`aat issuer ${issuer}`) as CertificateThumbprint
}

function isAsConfigured(known: Agent, trusted: TrustedAatIssuer): boolean {
  const { owner, ceiling } = trusted
  const same = known.owner === owner && known.certificate === certificateOf(trusted)
  return same && textOf(known.contract) === textOf(ceiling)
}

function textOf(scope: Scope): string {
  return canonicalJson(scope as unknown as Json)
}

/** The issuer a chain's anchor belongs to. Every anchor comes from the same file. */
export function issuerOf(trust: AatTrust, issuer: string): TrustedAatIssuer {
  const trusted = trust.issuers.get(issuer)
  if (trusted === undefined) throw new Error('a trust anchor has an issuer')
  return trusted
}
