import type { ComponentChild } from 'preact'
import { Activity } from '../pages/activity.tsx'
import { Agent, Agents } from '../pages/agents.tsx'
import { Alerts } from '../pages/alerts.tsx'
import { Approvals, waiting } from '../pages/approvals.tsx'
import { Audit } from '../pages/audit.tsx'
import { Credentials } from '../pages/credentials.tsx'
import { Enroll } from '../pages/enroll.tsx'
import { Handles } from '../pages/handles.tsx'
import { Keys } from '../pages/keys.tsx'
import { LeaseLink } from '../pages/lease-link.tsx'
import { Limits } from '../pages/limits.tsx'
import { Operators } from '../pages/operators.tsx'
import { Policies } from '../pages/policies.tsx'
import { RecordPage } from '../pages/record.tsx'
import { Registration } from '../pages/registration.tsx'
import { Revocations } from '../pages/revocations.tsx'
import { Tree } from '../pages/tree.tsx'
import { Trees } from '../pages/trees.tsx'
import { Webhooks } from '../pages/webhooks.tsx'

/** An entry of the navigation. */
export interface Section {
  /** The first step of its address. */
  readonly step: string
  readonly name: string
  /** How much waits there. */
  readonly count?: () => number
}

/** Entries that answer one question. */
export interface Group {
  readonly name: string
  readonly sections: readonly Section[]
}

/** Where one can go, by what is asked: what happens, who acts, what they get, what was done. */
export const GROUPS: readonly Group[] = [
  {
    name: 'Now',
    sections: [
      { step: 'trees', name: 'Trees' },
      { step: 'approvals', name: 'Approvals', count: () => waiting.value },
      { step: 'alerts', name: 'Alerts' },
      { step: 'activity', name: 'Activity' },
    ],
  },
  {
    name: 'Who',
    sections: [
      { step: 'agents', name: 'Agents' },
      { step: 'enroll', name: 'Enrollment' },
      { step: 'operators', name: 'Operators' },
      { step: 'handles', name: 'Handles' },
    ],
  },
  {
    name: 'What',
    sections: [
      { step: 'credentials', name: 'Credentials' },
      { step: 'policies', name: 'Policies' },
      { step: 'limits', name: 'Limits' },
      { step: 'webhooks', name: 'Webhooks' },
      { step: 'keys', name: 'Signing keys' },
    ],
  },
  {
    name: 'Record',
    sections: [
      { step: 'audit', name: 'Audit' },
      { step: 'revocations', name: 'Revocations' },
    ],
  },
]

/** A page by the first step of its address; the steps after it say of what. */
const PAGES: Readonly<Record<string, (first?: string, second?: string) => ComponentChild>> = {
  trees: (root) => (root ? <Tree key={root} root={root} /> : <Trees />),
  lease: (id) => (id ? <LeaseLink id={id} /> : undefined),
  approvals: () => <Approvals />,
  alerts: () => <Alerts />,
  activity: () => <Activity />,
  agents: (uri) => (uri ? <Agent key={uri} uri={uri} /> : <Agents />),
  enroll: (id) => (id ? <Registration key={id} id={id} /> : <Enroll />),
  operators: () => <Operators />,
  handles: () => <Handles />,
  credentials: () => <Credentials />,
  policies: () => <Policies />,
  limits: () => <Limits />,
  webhooks: () => <Webhooks />,
  keys: () => <Keys />,
  audit: (chain, sequence) =>
    chain && sequence ? <RecordPage chain={chain} sequence={sequence} /> : <Audit />,
  revocations: () => <Revocations />,
}

/** The page at these steps, or nothing. */
export function pageAt(steps: readonly string[]): ComponentChild {
  const [step = 'trees', first, second] = steps
  return Object.hasOwn(PAGES, step) ? PAGES[step]?.(first, second) : undefined
}
