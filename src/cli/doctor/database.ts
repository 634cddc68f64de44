import { type CheckOutcome, failed, ok, type Surroundings, skipped } from './outcome.ts'

const NAME = 'database'

/**
 * The configured database: whether it answers, and whether its tables are those of this version. No
 * sentence holds its URL, in which a password may stand (I12).
 */
export async function database({
  config,
}: Pick<Surroundings, 'config'>): Promise<readonly CheckOutcome[]> {
  const { lookAtStore } = await import('../../compose/look-at-store.ts')
  const look = await lookAtStore(config)
  switch (look.state) {
    case 'none':
      return [skipped(NAME, 'There is no store yet: the first start makes it.')]
    case 'current':
      return [ok(NAME, 'its tables are those of this version')]
    case 'behind':
      return [failed(NAME, look.sentence, 'writ backup FILE, then writ migrate')]
    case 'newer':
      return [failed(NAME, look.sentence, 'Install that version of Writ, or a newer one.')]
    case 'unreachable': {
      const remedy = 'Look whether PostgreSQL runs, and at database_url or database_url_file.'
      return [failed(NAME, look.sentence, remedy)]
    }
    case 'unusable':
      return [failed(NAME, look.sentence)]
  }
}
