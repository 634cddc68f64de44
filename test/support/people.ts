import { DEFAULT_TENANT, type RequestId, type TenantId } from '../../src/domain/ids.ts'
import { accept } from '../../src/domain/result.ts'
import { hashSecret } from '../../src/usecases/bearer-secret.ts'
import { makeRoleToken } from '../../src/usecases/people/operators.ts'
import type { World } from '../../src/usecases/world.ts'

/** As the first start does: nobody is there yet who could ask for it. */
export async function insertPerson(
  world: World,
  role: 'owner' | 'operator',
  tenant: TenantId = DEFAULT_TENANT,
): Promise<string> {
  const token = makeRoleToken(role)
  await world.store.decide(async (tx) => {
    const tokenHash = hashSecret(token)
    const dates = { createdAt: tx.now, revokedAt: null }
    const inserted = await tx.insertRoleCredential({
      tenant,
      name: role,
      role,
      tokenHash,
      certificate: null,
      ...dates,
    })
    const request: RequestId = world.ids.request()
    const record = { event: 'operator.created', actor: 'authority', lease: null } as const
    return {
      result: inserted.ok ? accept(undefined) : inserted,
      record: { ...record, outcome: 'allowed', tenant, request, facts: { name: role } },
    }
  })
  return token
}
