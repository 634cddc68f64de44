import { expect, test } from 'vitest'
import { createMemory, freezeDeeply } from '../../src/token/memory.ts'

test('a memory recalls what was kept, by exact text', () => {
  const memory = createMemory<object>(3)
  const value = {}
  memory.keep('a', value)
  expect(memory.recall('a')).toBe(value)
  expect(memory.recall('A')).toBeUndefined()
  expect(memory.recall('a ')).toBeUndefined()
})

test('a full memory forgets everything before it keeps the next, and never holds more', () => {
  const memory = createMemory<number>(3)
  const texts = ['a', 'b', 'c', 'd', 'e', 'f', 'g']
  const held = (): string => texts.filter((text) => memory.recall(text) !== undefined).join('')
  const seen = texts.map((text, index) => {
    memory.keep(text, index)
    return held()
  })
  expect(seen).toEqual(['a', 'ab', 'abc', 'd', 'de', 'def', 'g'])
})

test('what is frozen is frozen all the way down, and stays the same value', () => {
  const value = { list: [{ deep: { er: [1, 'x', null, true] } }], none: null, text: 'x' }
  expect(freezeDeeply(value)).toBe(value)
  for (const part of [value, value.list, value.list[0], value.list[0]?.deep]) {
    expect(Object.isFrozen(part)).toBe(true)
  }
  expect(Object.isFrozen(value.list[0]?.deep.er)).toBe(true)
  expect(freezeDeeply('x')).toBe('x')
  expect(freezeDeeply(null)).toBeNull()
})
