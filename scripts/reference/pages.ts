import { alertsPage } from './alerts.ts'
import { commandsPage } from './commands.ts'
import { decisionsPage } from './decisions.ts'
import { limitReasons, limitsPage } from './limits.ts'
import { logEventsPage } from './log-events.ts'
import { metricsPage } from './metrics.ts'
import { refusalsPage } from './refusals.ts'
import { settingsPage } from './settings.ts'

/** Every file that is made from code: pages, and what a running Writ tells of the same. */
export const PAGES: Readonly<Record<string, () => string | Promise<string>>> = {
  'docs/reference/settings.md': settingsPage,
  'docs/reference/commands.md': commandsPage,
  'docs/reference/refusals.md': refusalsPage,
  'docs/reference/metrics.md': metricsPage,
  'docs/reference/log-events.md': logEventsPage,
  'docs/reference/decisions.md': decisionsPage,
  'docs/reference/alerts.md': alertsPage,
  'docs/reference/limits.md': limitsPage,
  'src/usecases/limit-reasons.json': limitReasons,
}
