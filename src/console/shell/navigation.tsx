import { useEffect, useState } from 'preact/hooks'
import { hrefTo, place } from '../router.ts'
import { GROUPS, type Section } from './places.tsx'

/** All pages in groups. On a phone they are behind a button, and closed again by a choice. */
export function Navigation() {
  const [open, setOpen] = useState(false)
  const { steps } = place.value
  useEffect(() => setOpen(false), [place.value])
  const [step = 'trees'] = steps
  const here = GROUPS.flatMap(({ sections }) => sections).find((one) => one.step === step)
  return (
    <>
      <button
        type="button"
        class="menu"
        aria-expanded={open}
        aria-controls="navigation"
        onClick={() => setOpen(!open)}
      >
        <span aria-hidden="true">☰</span> {here?.name ?? 'Menu'}
        <span class="hidden"> – all pages</span>
      </button>
      <nav
        id="navigation"
        aria-label="Console"
        class={open ? 'open' : ''}
        onKeyDown={(event) => {
          if (event.key === 'Escape') setOpen(false)
        }}
      >
        {GROUPS.map(({ name, sections }) => (
          <div key={name}>
            <p class="nav-group" id={`group-${name}`}>
              {name}
            </p>
            <ul aria-labelledby={`group-${name}`}>
              {sections.map((section) => (
                <Entry key={section.step} section={section} current={section.step === step} />
              ))}
            </ul>
          </div>
        ))}
      </nav>
    </>
  )
}

function Entry(props: { readonly section: Section; readonly current: boolean }) {
  const { step, name, count } = props.section
  const waiting = count?.() ?? 0
  return (
    <li>
      <a href={hrefTo([step])} {...(props.current ? { 'aria-current': 'page' as const } : {})}>
        {name}
        {waiting > 0 && (
          <span class="count">
            {waiting}
            <span class="hidden"> waiting</span>
          </span>
        )}
      </a>
    </li>
  )
}
