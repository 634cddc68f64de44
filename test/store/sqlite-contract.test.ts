import { testPlace } from '../support/store.ts'
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

peopleContract(testPlace)
sessionsContract(testPlace)
leasesContract(testPlace)
labelsContract(testPlace)
enrollmentsContract(testPlace)
redeemContract(testPlace)
redeemProofsContract(testPlace)
redeemRefusalsContract(testPlace)
revocationsContract(testPlace)
revocationLogContract(testPlace)
decideContract(testPlace)
timeContract(testPlace)
auditContract(testPlace)
budgetsContract(testPlace)
ratesContract(testPlace)
settlementsContract(testPlace)
budgetLawsContract(testPlace)
budgetAlertsContract(testPlace)
statusListsContract(testPlace)
alertsContract(testPlace)
attestationContract(testPlace)
handlesContract(testPlace)
leashesContract(testPlace)
cdpContract(testPlace)
censusContract(testPlace)
credentialsContract(testPlace)
dnsPinsContract(testPlace)
outboxContract(testPlace)
approvalsContract(testPlace)
watchContract(testPlace)
