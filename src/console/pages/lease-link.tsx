import { useEffect, useState } from 'preact/hooks'
import type { LeaseView } from '../../client/views/leases.ts'
import { get, pathOf, sentenceOf } from '../api.ts'
import { Nothing } from '../parts/nothing.tsx'
import { goTo } from '../router.ts'

/** Leads from the id of a lease to its place in its tree. */
export function LeaseLink({ id }: { readonly id: string }) {
  const [problem, setProblem] = useState('')
  useEffect(() => {
    void get<LeaseView>(pathOf(['v1', 'leases', id])).then((answer) => {
      if (answer.ok) goTo(['trees', answer.value.root_id], { lease: id })
      else setProblem(sentenceOf(answer.problem))
    })
  }, [id])
  return problem === '' ? null : (
    <Nothing title="Lease" id={id} back={['trees', 'All trees']} text={problem} />
  )
}
