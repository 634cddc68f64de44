import { writeFileSync } from 'node:fs'
import { PAGES } from './pages.ts'

/** `npm run reference`: writes what is made from code, most of it pages of docs/reference. */
for (const [file, text] of Object.entries(PAGES)) {
  writeFileSync(new URL(`../../${file}`, import.meta.url), await text())
}
