import { moment } from '../words.ts'

/** A moment in the reader's own clock, wherever one is shown; what the API said is its title. */
export function When({ at }: { readonly at: string }) {
  return (
    <time dateTime={at} title={at}>
      {moment(Date.parse(at) / 1000)}
    </time>
  )
}

/** The same of a moment that is told in seconds since 1970. */
export function WhenSeconds({ at }: { readonly at: number }) {
  return <When at={new Date(at * 1000).toISOString().replace('.000Z', 'Z')} />
}
