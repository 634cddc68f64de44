import { useEffect, useState } from 'preact/hooks'
import { getPage, sentenceOf } from '../api.ts'

/** A list that is loaded page after page. */
export interface Pages<T> {
  readonly items: readonly T[]
  readonly more: boolean
  readonly loading: boolean
  readonly problem: string
  readonly next: () => void
  /** From the first page on, anew. */
  readonly again: () => void
}

/** Loads the list at an address; another address begins anew. */
export function usePages<T>(path: string): Pages<T> {
  const [items, setItems] = useState<readonly T[]>([])
  const [cursor, setCursor] = useState<string | null>(null)
  const [loading, setLoading] = useState(true)
  const [problem, setProblem] = useState('')
  const [round, setRound] = useState(0)
  const load = async (from: string | null, stands: () => boolean) => {
    setLoading(true)
    const join = path.includes('?') ? '&' : '?'
    const address = from === null ? path : `${path}${join}cursor=${encodeURIComponent(from)}`
    const answer = await getPage<T>(address)
    if (!stands()) return
    setLoading(false)
    setProblem(answer.ok ? '' : sentenceOf(answer.problem))
    if (!answer.ok) return
    setItems((before) => (from === null ? answer.value.items : [...before, ...answer.value.items]))
    setCursor(answer.value.cursor)
  }
  useEffect(() => {
    let here = true
    void load(null, () => here)
    return () => {
      here = false
    }
  }, [path, round])
  return {
    items,
    more: cursor !== null,
    loading,
    problem,
    next: () => void load(cursor, () => true),
    again: () => setRound((before) => before + 1),
  }
}
