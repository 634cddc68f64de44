import { useEffect, useState } from 'preact/hooks'
import { agentName } from '../../domain/agent-name.ts'
import { onDecision, onReturn } from '../live.ts'
import { Page, Problem } from '../parts/page.tsx'
import { goTo, hrefTo, place } from '../router.ts'
import { LeasePanel } from '../tree/lease-panel.tsx'
import { LeaseTree } from '../tree/lease-tree.ts'
import { TreePicture } from '../tree/tree-picture.tsx'

/** The tree of one root as it lives. */
export function Tree({ root }: { readonly root: string }) {
  const [tree, setTree] = useState<LeaseTree>()
  useEffect(() => {
    const opened = new LeaseTree(root)
    setTree(opened)
    void opened.load()
    const deaf = onDecision((record) => opened.hear(record))
    const stay = onReturn(() => void opened.load())
    return () => {
      stay()
      deaf()
      opened.close()
    }
  }, [root])
  if (tree === undefined) return null
  const nodes = tree.nodes.value
  const top = nodes.get(root)
  const chosen = place.value.query.get('lease') ?? root
  const node = nodes.get(chosen) ?? top
  const live = [...nodes.values()].filter(({ lease }) => lease.state === 'live').length
  const holder = top === undefined ? 'Tree' : agentName(top.lease.holder)
  return (
    <Page title={holder === 'Tree' ? holder : `Tree of ${holder}`}>
      <p class="lead">
        <a href={hrefTo(['trees'])}>All trees</a>
        {top !== undefined && (
          <span id="tree-count">
            {' · '}
            {live} live of {nodes.size} {tree.large.value ? 'loaded; the rest on demand' : 'leases'}
          </span>
        )}
      </p>
      <Problem text={tree.problem.value} />
      {top !== undefined && (
        <div class="tree-page">
          <TreePicture
            tree={tree}
            chosen={chosen}
            onChoose={(lease) => goTo(['trees', root], { lease })}
          />
          {node !== undefined && <LeasePanel key={node.lease.id} node={node} tree={tree} />}
        </div>
      )}
    </Page>
  )
}
