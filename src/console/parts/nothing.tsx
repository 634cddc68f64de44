import { hrefTo } from '../router.ts'
import { Page, Problem } from './page.tsx'

/** The page of one thing that could not be shown: which, why, and the way back to the others. */
export function Nothing(props: {
  readonly title: string
  readonly id: string
  readonly back: readonly [step: string, words: string]
  readonly text: string
}) {
  const { title, id, back, text } = props
  return (
    <Page title={title} lead={<code>{id}</code>}>
      <Problem text={text} />
      <p>
        <a href={hrefTo([back[0]])}>{back[1]}</a>
      </p>
    </Page>
  )
}
