import type { PageView } from './common.ts'

/** A handle without its text. */
export interface HandleView {
  readonly id: string
  readonly lease_id: string
  readonly label: string
  readonly certificate: string | null
  readonly addresses: readonly string[]
  readonly created_by: string
  readonly created_at: string
  readonly expires_at: string
  readonly revoked_at: string | null
}

/** A new handle, with its text: a secret that is told this once (I12). */
export interface CreatedHandleView extends HandleView {
  readonly handle: string
}

/** Handles, newest first. */
export type HandlePageView = PageView<HandleView>
