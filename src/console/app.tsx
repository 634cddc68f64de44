import type { ComponentChild } from 'preact'
import { announcement } from './announce.ts'
import { connection } from './live.ts'
import { Activity } from './pages/activity.tsx'
import { Agent, Agents } from './pages/agents.tsx'
import { Alerts } from './pages/alerts.tsx'
import { Approvals, waiting } from './pages/approvals.tsx'
import { Audit } from './pages/audit.tsx'
import { Credentials } from './pages/credentials.tsx'
import { Enroll } from './pages/enroll.tsx'
import { LeaseLink } from './pages/lease-link.tsx'
import { Policies } from './pages/policies.tsx'
import { RecordPage } from './pages/record.tsx'
import { Registration } from './pages/registration.tsx'
import { Mark, SignIn } from './pages/sign-in.tsx'
import { Tree } from './pages/tree.tsx'
import { Trees } from './pages/trees.tsx'
import { hrefTo, place } from './router.ts'
import { session, signOut } from './session.ts'

interface Section {
  readonly step: string
  readonly name: string
  readonly count?: () => number
}

const SECTIONS: readonly Section[] = [
  { step: 'trees', name: 'Trees' },
  { step: 'approvals', name: 'Approvals', count: () => waiting.value },
  { step: 'activity', name: 'Activity' },
  { step: 'audit', name: 'Audit' },
  { step: 'alerts', name: 'Alerts' },
  { step: 'agents', name: 'Agents' },
  { step: 'enroll', name: 'Enrollment' },
  { step: 'credentials', name: 'Credentials' },
  { step: 'policies', name: 'Policies' },
]

/** The whole console: who is signed in, where one can go, and the page. */
export function App() {
  const now = session.value
  if (now === 'asking') return <main id="main" aria-busy="true" />
  if (now === 'nobody') return <SignIn />
  return (
    <div class="shell">
      <button type="button" class="skip" onClick={() => document.getElementById('main')?.focus()}>
        Skip to the page
      </button>
      <header class="side">
        <a class="brand" href={hrefTo(['trees'])}>
          <Mark /> Writ
        </a>
        <nav aria-label="Console">
          <ul>
            {SECTIONS.map((section) => (
              <Entry key={section.step} section={section} />
            ))}
          </ul>
        </nav>
        <div class="who">
          <p>
            {now.name} <span class="quiet">({now.role})</span>
          </p>
          <Live />
          <button type="button" class="plain" onClick={() => void signOut()}>
            Sign out
          </button>
        </div>
      </header>
      <main id="main" tabIndex={-1}>
        <CurrentPage />
      </main>
      <div class="hidden" role="log" aria-live="polite">
        {announcement.value}
      </div>
    </div>
  )
}

function Entry({ section }: { readonly section: Section }) {
  const [step = 'trees'] = place.value.steps
  const count = section.count?.() ?? 0
  return (
    <li>
      <a
        href={hrefTo([section.step])}
        {...(step === section.step ? { 'aria-current': 'page' as const } : {})}
      >
        {section.name}
        {count > 0 && (
          <span class="count">
            {count}
            <span class="hidden"> waiting</span>
          </span>
        )}
      </a>
    </li>
  )
}

function Live() {
  const live = connection.value === 'live'
  return (
    <p class={`live ${live ? 'on' : 'off'}`} role="status">
      <span aria-hidden="true">{live ? '●' : '○'}</span> {live ? 'Live' : 'Reconnecting'}
    </p>
  )
}

/** A page by the first step of its address; the steps after it say of what. */
const PAGES: Readonly<Record<string, (first?: string, second?: string) => ComponentChild>> = {
  trees: (root) => (root ? <Tree key={root} root={root} /> : <Trees />),
  lease: (id) => (id ? <LeaseLink id={id} /> : undefined),
  approvals: () => <Approvals />,
  activity: () => <Activity />,
  audit: (chain, sequence) =>
    chain && sequence ? <RecordPage chain={chain} sequence={sequence} /> : <Audit />,
  alerts: () => <Alerts />,
  agents: (uri) => (uri ? <Agent key={uri} uri={uri} /> : <Agents />),
  enroll: (id) => (id ? <Registration key={id} id={id} /> : <Enroll />),
  credentials: () => <Credentials />,
  policies: () => <Policies />,
}

function CurrentPage() {
  const [step = 'trees', first, second] = place.value.steps
  const page = Object.hasOwn(PAGES, step) ? PAGES[step]?.(first, second) : undefined
  if (page) return <>{page}</>
  return (
    <>
      <h1>There is no such page</h1>
      <p>
        <a href={hrefTo(['trees'])}>To the trees</a>
      </p>
    </>
  )
}
