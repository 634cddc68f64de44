import { signal } from '@preact/signals'

/** Who is signed in. */
export interface SessionView {
  readonly role: 'owner' | 'operator'
  readonly name: string
  readonly csrf: string
  readonly expires_at: string
}

/** `asking` until the first answer; then who is signed in, or `nobody`. */
export const session = signal<SessionView | 'asking' | 'nobody'>('asking')

/** Why nobody is signed in any more, for the page that asks again. */
export const farewell = signal('')

const PATH = '/console/session'

/** Asks who is signed in, after the page was loaded. */
export async function resume(): Promise<void> {
  const answer = await fetch('/console/whoami', { cache: 'no-store' }).catch(() => undefined)
  if (answer === undefined && typeof session.peek() !== 'string') return
  session.value = answer?.status === 200 ? ((await answer.json()) as SessionView) : 'nobody'
}

/** Signs in by a token, which is kept nowhere here. Answers what is wrong, or nothing. */
export function signIn(token: string): Promise<string | undefined> {
  const headers = { 'content-type': 'application/json' }
  const asked = fetch(PATH, { method: 'POST', headers, body: JSON.stringify({ token }) })
  return welcomed(asked, 'This token is not known here, or it was revoked.')
}

/** Signs in by the certificate that this browser shows. Answers what is wrong, or nothing. */
export function signInByCertificate(): Promise<string | undefined> {
  const asked = fetch(`${PATH}/certificate`, { method: 'POST' })
  return welcomed(asked, 'Nobody is registered with the certificate that this browser shows.')
}

/** Whether this browser shows a certificate that a person could sign in with. */
export async function showsCertificate(): Promise<boolean> {
  const answer = await fetch('/console/ways', { cache: 'no-store' }).catch(() => undefined)
  if (answer?.status !== 200) return false
  return ((await answer.json()) as { readonly certificate: boolean }).certificate
}

async function welcomed(asked: Promise<Response>, unknown: string): Promise<string | undefined> {
  const answer = await asked.catch(() => undefined)
  if (answer === undefined) return 'Writ does not answer.'
  if (answer.ok) {
    farewell.value = ''
    session.value = (await answer.json()) as SessionView
    return undefined
  }
  if (answer.status === 429) return 'Too many tries. Wait a minute.'
  return unknown
}

/** Ends the session at the authority and here. */
export async function signOut(): Promise<void> {
  const now = session.value
  if (typeof now === 'string') return
  await fetch(PATH, { method: 'DELETE', headers: { 'x-writ-csrf': now.csrf } }).catch(
    () => undefined,
  )
  ended('You are signed out.')
}

/** The session is over, for a reason. */
export function ended(reason: string): void {
  farewell.value = reason
  session.value = 'nobody'
}

/** Whether an owner is signed in, for what only owners may do. */
export function isOwner(): boolean {
  const now = session.value
  return typeof now !== 'string' && now.role === 'owner'
}
