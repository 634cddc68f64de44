import { freePorts } from '../support/free-ports.ts'

/** The ports that documents use: several documents are walked at once, so none is taken as is. */
const TOLD = /(?<![\d.])(?:94[4-9]\d|5432)(?!\d)/g

/** Ports of the documents and those that stand for them here. */
export interface Ports {
  /** A text of a document, with ports that are free here. */
  here(text: string): string
  /** An output from here, as the reader of the document would see it. */
  told(text: string): string
  /** The port that stands for one of the documents. */
  of(port: number): number
}

/** Takes enough free ports for one document. */
export async function takePorts(): Promise<Ports> {
  const names = [5432, ...Array.from({ length: 60 }, (_, at) => 9440 + at)]
  const free = await freePorts(names.length)
  const pairs = new Map(names.map((name, at) => [String(name), String(free[at])]))
  const back = new Map([...pairs].map(([name, here]) => [here, name]))
  const any = new RegExp(`(?<!\\d)(?:${[...back.keys()].join('|')})(?!\\d)`, 'g')
  return {
    here: (text) => text.replaceAll(TOLD, (port) => pairs.get(port) ?? port),
    told: (text) => text.replaceAll(any, (port) => back.get(port) ?? port),
    of: (port) => Number(pairs.get(String(port))),
  }
}
