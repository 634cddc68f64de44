import { useEffect, useState } from 'preact/hooks'
import { Problem } from '../parts/page.tsx'
import { farewell, showsCertificate, signIn, signInByCertificate } from '../session.ts'

/**
 * Asks for a token, which is sent once and kept nowhere in the browser; or takes the certificate
 * that the browser shows.
 */
export function SignIn() {
  const [problem, setProblem] = useState('')
  const [busy, setBusy] = useState(false)
  const [hasCertificate, setHasCertificate] = useState(false)
  useEffect(() => {
    void showsCertificate().then(setHasCertificate)
  }, [])
  const submit = async (event: SubmitEvent) => {
    event.preventDefault()
    const form = event.currentTarget as HTMLFormElement
    const field = form.elements.namedItem('token') as HTMLInputElement
    setBusy(true)
    const wrong = await signIn(field.value.trim())
    setBusy(false)
    setProblem(wrong ?? '')
    field.value = ''
    if (wrong) field.focus()
  }
  return (
    <main class="sign-in" id="main">
      <Mark />
      <h1>Sign in to Writ</h1>
      {farewell.value && <p role="status">{farewell.value}</p>}
      {hasCertificate && <ByCertificate />}
      <form onSubmit={submit}>
        <label for="token">Owner or operator token</label>
        <input
          id="token"
          name="token"
          type="password"
          autocomplete="off"
          spellcheck={false}
          required
          aria-describedby="token-where"
        />
        <p id="token-where" class="hint">
          The first owner’s token lies in <code>keys/owner.token</code> beside the keys;{' '}
          <code>writ operator add</code> makes more.
        </p>
        <Problem text={problem} />
        <button type="submit" class={hasCertificate ? '' : 'primary'} disabled={busy}>
          Sign in
        </button>
      </form>
    </main>
  )
}

function ByCertificate() {
  const [problem, setProblem] = useState('')
  const [busy, setBusy] = useState(false)
  const enter = async () => {
    setBusy(true)
    const wrong = await signInByCertificate()
    setBusy(false)
    setProblem(wrong ?? '')
  }
  return (
    <div class="by-certificate">
      <button type="button" class="primary" disabled={busy} onClick={enter}>
        Sign in with your certificate
      </button>
      <Problem text={problem} />
      <p class="or">or with a token</p>
    </div>
  )
}

/** The sign of the house: a lease and what came of it. */
export function Mark() {
  return (
    <svg class="mark" viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="8" />
      <path d="M10 9v9a4 4 0 0 0 4 4h6M10 13h10" />
      <circle cx="10" cy="9" r="2.8" />
      <circle cx="22" cy="13" r="2.4" />
      <circle cx="22" cy="22" r="2.4" />
    </svg>
  )
}
