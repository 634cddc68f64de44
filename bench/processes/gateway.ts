import { serve } from '../../src/compose.ts'
import type { Config } from '../../src/config.ts'

/** A gateway process on the data and keys its parent names, as `writ gateway` starts one. */
process.once('message', async (config: Config) => {
  const serving = await serve(config, ['gateway'], {})
  process.send?.({ url: serving.gateway })
})
process.on('disconnect', () => process.exit(0))
