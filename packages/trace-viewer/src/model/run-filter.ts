import { RUN_STATUSES, type RunRow, type RunStatus } from './wire.ts'

/** Which runs are wanted, read of one line such as `failed plugin:deploy by:ada >5s staging`. */
export type RunFilter = (run: RunRow) => boolean

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 }

/** Every word must fit: a status, `plugin:`, `by:`, `code:`, `is:`, `>5s` or `<200ms`, `$0.01` or more; any other is looked for in the text. */
export function parseRunFilter(line: string): RunFilter {
  const tests = line
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '')
    .map(testOf)
  return (run) => tests.every((test) => test(run))
}

function testOf(word: string): RunFilter {
  const [, key, value] = /^(plugin|by|code|is|status):(.+)$/.exec(word) ?? []
  if (key !== undefined && value !== undefined) return keyed(key, value)
  if (isStatus(word)) return keyed('is', word)
  const [, sign, amount, unit] = /^([<>])(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(word) ?? []
  if (sign !== undefined) {
    const limitMs = Number(amount) * UNIT_MS[unit!]!
    return ({ durationMs }) => durationMs !== undefined && (sign === '>' ? durationMs > limitMs : durationMs < limitMs)
  }
  const [, cost] = /^\$(\d+(?:\.\d+)?)$/.exec(word) ?? []
  if (cost !== undefined) return ({ costUsd = 0 }) => costUsd >= Number(cost)
  return ({ title, subject, id, code = '', approvedBy = '', lanes }) =>
    title.toLowerCase().includes(word) ||
    subject.toLowerCase().includes(word) ||
    id.startsWith(word) ||
    code.toLowerCase().includes(word) ||
    approvedBy.toLowerCase().includes(word) ||
    lanes.some((lane) => lane.toLowerCase() === word)
}

function keyed(key: string, value: string): RunFilter {
  if (key === 'plugin') return ({ lanes }) => lanes.some((lane) => lane.toLowerCase() === value)
  if (key === 'by') return ({ approvedBy = '' }) => approvedBy.toLowerCase().includes(value)
  if (key === 'code') return ({ code = '' }) => code.toLowerCase().includes(value)
  return ({ status }) => status === value
}

const isStatus = (word: string): word is RunStatus => RUN_STATUSES.some((status) => status === word)
