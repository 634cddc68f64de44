import { announcement } from './announce.ts'
import { connection } from './live.ts'
import { Mark, SignIn } from './pages/sign-in.tsx'
import { hrefTo, place } from './router.ts'
import { session, signOut } from './session.ts'
import { Navigation } from './shell/navigation.tsx'
import { pageAt } from './shell/places.tsx'

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
        <Navigation />
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

function Live() {
  const live = connection.value === 'live'
  return (
    <p class={`live ${live ? 'on' : 'off'}`} role="status">
      <span aria-hidden="true">{live ? '●' : '○'}</span> {live ? 'Live' : 'Reconnecting'}
    </p>
  )
}

function CurrentPage() {
  const page = pageAt(place.value.steps)
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
