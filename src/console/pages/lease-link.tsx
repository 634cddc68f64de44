import { useEffect, useState } from 'preact/hooks'
import type { LeaseView } from '../../client/views/leases.ts'
import { get, pathOf } from '../api.ts'
import { Page, Problem } from '../parts/page.tsx'
import { goTo } from '../router.ts'

/** Leads from the id of a lease to its place in its tree. */
export function LeaseLink({ id }: { readonly id: string }) {
  const [problem, setProblem] = useState('')
  useEffect(() => {
    void get<LeaseView>(pathOf(['v1', 'leases', id])).then((answer) => {
      if (answer.ok) goTo(['trees', answer.value.root_id], { lease: id })
      else setProblem(answer.problem.title)
    })
  }, [id])
  return (
    <Page title="Lease">
      <Problem text={problem} />
    </Page>
  )
}
