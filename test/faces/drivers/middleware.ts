import { call, type Running, SERVICES } from '../../middleware/stage.ts'
import { callFace, TOKENS } from '../calls.ts'
import { RESOURCE, SERVICE, type Stage } from '../stage.ts'

type Rig = Parameters<(typeof SERVICES)[number][1]>[0]

/** What a service of the middleware stands on. */
export function rigOf({ site, point, holder, other }: Stage): Rig {
  const identity = { ...point.credential, ca: site.rootPem }
  const authority = `https://127.0.0.1:${site.agentsPort}`
  const nothing = async () => ''
  return {
    deployment: site,
    ...{ worker: holder, thief: other, identity },
    settings: { authority, audience: RESOURCE, origin: SERVICE, identity },
    ...{ open: nothing, mint: nothing, close: async () => undefined },
  }
}

const UNCOUNTED = 'not expressible: a service states no costs: limit_unenforceable'

const IN_ORDER = 'not expressible: the path of a Request is in order before anybody sees it'

/** The same guard in each framework, and what ends their services. */
export function middlewareFaces(running: Running[]) {
  return SERVICES.map(([framework, start]) => {
    let served: Promise<Running> | undefined
    return callFace({
      ...TOKENS,
      name: `middleware for ${framework}`,
      async show(stage, token, { as, path }) {
        const rig = rigOf(stage)
        served ??= start(rig, () => undefined).then((one) => {
          running.push(one)
          return one
        })
        const { port } = await served
        const seen = await call(rig, as, port, `/repos${path}`, { token })
        if (seen.status === 200) return 'allowed'
        return seen.json.code === seen.refusal ? seen.json.code : `only ${seen.refusal}`
      },
      without: {
        'with no budget left': UNCOUNTED,
        ...(framework === 'a fetch handler' ? { 'by a path that is not canonical': IN_ORDER } : {}),
      },
    })
  })
}
