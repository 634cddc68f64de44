import { beforeAll } from 'vitest'
import { postgresPlace, sharedCluster } from '../support/postgres.ts'
import { alertsContract } from './contract/alerts.ts'
import { approvalsContract } from './contract/approvals.ts'
import { attestationContract } from './contract/attestation.ts'
import { auditContract } from './contract/audit.ts'
import { budgetAlertsContract } from './contract/budget-alerts.ts'
import { budgetLawsContract } from './contract/budget-laws.ts'
import { budgetsContract } from './contract/budgets.ts'
import { cdpContract } from './contract/cdp.ts'
import { censusContract } from './contract/census.ts'
import { credentialsContract } from './contract/credentials.ts'
import { decideContract } from './contract/decide.ts'
import { dnsPinsContract } from './contract/dns-pins.ts'
import { enrollmentsContract } from './contract/enrollments.ts'
import { handlesContract } from './contract/handles.ts'
import { labelsContract } from './contract/labels.ts'
import { leasesContract } from './contract/leases.ts'
import { leashesContract } from './contract/leashes.ts'
import { outboxContract } from './contract/outbox.ts'
import { peopleContract } from './contract/people.ts'
import { ratesContract } from './contract/rates.ts'
import { redeemContract } from './contract/redeem.ts'
import { redeemProofsContract } from './contract/redeem-proofs.ts'
import { redeemRefusalsContract } from './contract/redeem-refusals.ts'
import { revocationLogContract } from './contract/revocation-log.ts'
import { revocationsContract } from './contract/revocations.ts'
import { sessionsContract } from './contract/sessions.ts'
import { settlementsContract } from './contract/settlements.ts'
import { statusListsContract } from './contract/status-lists.ts'
import { timeContract } from './contract/time.ts'
import { watchContract } from './contract/watch.ts'

beforeAll(async () => {
  await sharedCluster()
})

peopleContract(postgresPlace)
sessionsContract(postgresPlace)
leasesContract(postgresPlace)
labelsContract(postgresPlace)
enrollmentsContract(postgresPlace)
redeemContract(postgresPlace)
redeemProofsContract(postgresPlace)
redeemRefusalsContract(postgresPlace)
revocationsContract(postgresPlace)
revocationLogContract(postgresPlace)
decideContract(postgresPlace)
timeContract(postgresPlace)
auditContract(postgresPlace)
budgetsContract(postgresPlace)
ratesContract(postgresPlace)
settlementsContract(postgresPlace)
budgetLawsContract(postgresPlace)
budgetAlertsContract(postgresPlace)
statusListsContract(postgresPlace)
alertsContract(postgresPlace)
attestationContract(postgresPlace)
handlesContract(postgresPlace)
leashesContract(postgresPlace)
cdpContract(postgresPlace)
censusContract(postgresPlace)
credentialsContract(postgresPlace)
dnsPinsContract(postgresPlace)
outboxContract(postgresPlace)
approvalsContract(postgresPlace)
watchContract(postgresPlace)
