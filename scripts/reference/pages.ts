import { alertsPage } from './alerts.ts'
import { commandsPage } from './commands.ts'
import { decisionsPage } from './decisions.ts'
import { limitsPage } from './limits.ts'
import { logEventsPage } from './log-events.ts'
import { metricsPage } from './metrics.ts'
import { refusalsPage } from './refusals.ts'
import { settingsPage } from './settings.ts'

/** Every page of docs/reference that is made from code, by its file. */
export const PAGES: Readonly<Record<string, () => string | Promise<string>>> = {
  'settings.md': settingsPage,
  'commands.md': commandsPage,
  'refusals.md': refusalsPage,
  'metrics.md': metricsPage,
  'log-events.md': logEventsPage,
  'decisions.md': decisionsPage,
  'alerts.md': alertsPage,
  'limits.md': limitsPage,
}
