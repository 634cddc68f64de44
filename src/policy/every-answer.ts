/**
 * Asks the same once for each way the world may have been. `could` is asked about one thing nobody
 * knows, by a name of it, and says the same about it as long as one asking lasts. Answers what came
 * of each way; undefined when there are more than `most`. The asking has to be deterministic.
 */
export function everyAnswer<Answer>(
  ask: (could: (thing: string) => boolean) => Answer,
  most: number,
): readonly Answer[] | undefined {
  const answers: Answer[] = []
  let way: boolean[] = []
  for (let asked = 0; asked < most; asked += 1) {
    const taken = new Map<string, boolean>()
    const given = way
    answers.push(
      ask((thing) => {
        const is = taken.get(thing) ?? given[taken.size] ?? false
        taken.set(thing, is)
        return is
      }),
    )
    way = [...taken.values()]
    while (way[way.length - 1] === true) way.pop()
    if (way.length === 0) return answers
    way[way.length - 1] = true
  }
  return undefined
}
