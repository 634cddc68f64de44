import { writeFileSync } from 'node:fs'
import { PAGES } from './pages.ts'

/** `npm run reference`: writes the pages of docs/reference that are made from code. */
for (const [file, text] of Object.entries(PAGES)) {
  writeFileSync(new URL(`../../docs/reference/${file}`, import.meta.url), await text())
}
