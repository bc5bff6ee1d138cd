import type { Run, Span } from '@switchyard/trace'
import type { DecisionData, DecisionPart } from '../model/wire.ts'

/** What the router decided in a run, as its span tells; undefined where nothing was to be decided. */
export function decisionData(run: Run, spans: readonly Span[]): DecisionData | undefined {
  const route = spans.find(({ attributes }) => attributes['switchyard.op'] === 'route')
  const root = spans.find(({ attributes }) => attributes['switchyard.request'] !== undefined)
  const outcome = route?.attributes['switchyard.router.outcome']
  if (route === undefined || typeof outcome !== 'string') return undefined
  const { attributes } = route
  const question = attributes['switchyard.router.question']
  const request = root?.attributes['switchyard.request']
  const candidates = listOf(parsed(attributes['switchyard.router.candidates'])).flatMap(candidateOf)
  const why = listOf(fieldsOf(parsed(attributes['switchyard.router.why'])).parts).map(fieldsOf)
  return {
    request: typeof request === 'string' ? request : run.name,
    outcome,
    ...(typeof question === 'string' && { question }),
    parts: [...Map.groupBy(candidates, ({ part }) => part).values()].map((ones, i) => partOf(ones, why[i] ?? {})),
  }
}

interface Candidate {
  readonly part: number
  readonly command: string
  readonly confidence: number
}

function partOf(candidates: readonly Candidate[], { evidence, reread, actAbove, wouldChange }: Fields): DecisionPart {
  return {
    command: candidates[0]!.command,
    candidates: candidates.map(({ command, confidence }) => ({ command, confidence })),
    evidence: listOf(evidence)
      .map(fieldsOf)
      .flatMap(({ seen, as, points }) =>
        typeof seen === 'string' && typeof as === 'string' && typeof points === 'number' ? [{ seen, as, points }] : [],
      ),
    ...(typeof actAbove === 'number' && { actAbove }),
    ...(typeof wouldChange === 'string' && { wouldChange }),
    reread: listOf(reread)
      .map(fieldsOf)
      .flatMap(({ text, as }) => (typeof text === 'string' && typeof as === 'string' ? [{ text, as }] : [])),
  }
}

function candidateOf(value: unknown): Candidate[] {
  const { part, command, confidence } = fieldsOf(value)
  if (typeof part !== 'number' || typeof command !== 'string' || typeof confidence !== 'number') return []
  return [{ part, command, confidence }]
}

type Fields = Readonly<Record<string, unknown>>

/** It came out of a file that anybody may have written, and what was too long ends in the middle. */
function parsed(text: unknown): unknown {
  try {
    return typeof text === 'string' ? JSON.parse(text) : undefined
  } catch {
    return undefined
  }
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])
const fieldsOf = (value: unknown): Fields => (typeof value === 'object' && value !== null ? (value as Fields) : {})
