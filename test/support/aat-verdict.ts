import { requireFor } from '../../src/domain/aat/invocation.ts'
import { epochSeconds } from '../../src/domain/time.ts'
import { verifyAatChain, verifyAatProof } from '../../src/token/aat-chain.ts'
import { ANCHORS, type Call, TOOLS_URI, VECTOR_NOW } from './aat.ts'

/** The verdict, as the step of AAT §8 that says no. */
export async function verdictOf(
  chain: readonly string[],
  proof: string,
  call: Call,
  demands = { chainAudience: false, proofAudience: false },
): Promise<string> {
  const now = epochSeconds(VECTOR_NOW)
  const verified = await verifyAatChain(chain, { anchors: ANCHORS, now })
  if (!verified.ok) return String(verified.refusal.facts['step'])
  const { leaf, links } = verified.value
  const read = await verifyAatProof(proof, leaf)
  if (!read.ok) return String(read.refusal.facts['step'])
  const invocation = { audience: TOOLS_URI, tool: call.tool, arguments: call.args as never }
  const shown = {
    chain: links.map(({ link }) => link),
    leafDigest: leaf.digest,
    proof: read.value,
    demands,
  }
  const outcome = requireFor(invocation, shown, now)
  return outcome.ok ? 'permit' : String(outcome.refusal.facts['step'])
}
