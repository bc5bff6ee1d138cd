import { readdirSync, readFileSync } from 'node:fs'
import { builtInPlugins } from '@switchyard/cli'
import type { LabelledRequest } from '@switchyard/plugin-kit'
import { commandsOf } from '../../packages/yard/src/lib/commands-of.ts'
import { createFacts } from '../../packages/yard/src/lib/router-knowledge.ts'

const REQUESTS = new URL('./requests/', import.meta.url)

export const plugins = await builtInPlugins()
const commands = commandsOf(plugins)

/** What the router has to know of each command. */
export const facts = createFacts(commands)

/** Labelled requests by the name of their set; those that the plugins bring along are none of them, as they measure what is learned. */
export const sets: ReadonlyMap<string, readonly LabelledRequest[]> = new Map(
  readdirSync(REQUESTS)
    .toSorted()
    .map((file) => [file.replace('.jsonl', ''), linesOf(new URL(file, REQUESTS))] as const),
)

function linesOf(file: URL): readonly LabelledRequest[] {
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n')
  return lines.map((line) => JSON.parse(line) as LabelledRequest)
}

export const FOLDS = 10

/** What has the same text is left out together. */
export const foldOf = (text: string): number => [...text].reduce((hash, letter) => (hash * 31 + letter.charCodeAt(0)) % 9973, 7) % FOLDS
