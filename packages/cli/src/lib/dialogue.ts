import type { Doubt } from '@switchyard/router'
import { type Alternative, type Decision, type DecisionPart, inputOf, type Yard } from '@switchyard/yard'
import { nameable, questionOf } from '../render/decision.ts'
import { short } from '../render/registry.ts'
import { type Flag, valueOfFlag } from './flags.ts'
import type { Terminal } from './host.ts'
import { inputFor, missingOf, openParts, type Settled } from './settle.ts'

/** What a person said that a part of a request means. */
export interface Said {
  readonly text: string
  readonly command: string
}

export interface DialogueParts {
  readonly terminal: Terminal
  readonly signal: AbortSignal
  readonly yard: Yard
  readonly env: string | undefined
}

/** What came of it: every part settled, or something that a person does elsewhere. */
export type Answers = { readonly settled: readonly Settled[]; readonly said: readonly Said[] } | { readonly invoke: string }

/**
 * Puts all that is open to the person, the gravest first: whether it is meant, which command, what is missing. Undefined where the person says no or
 * leaves a question, or where no answer would settle one.
 */
export async function settleWith(decision: Decision, parts: DialogueParts): Promise<Answers | undefined> {
  const { terminal, signal, yard, env } = parts
  const { doubts = [] } = decision
  if (doubts.some(({ asks, isGuess }) => asks === 'condition' && isGuess !== true)) return undefined
  const { confirmed } = await import('./prompt.ts')
  for (const doubt of doubts) {
    if (wantsYes(doubt) && !(await confirmed(questionOf(decision, doubt), terminal, signal))) return undefined
  }
  const open = openParts(decision)
  const choices = new Map<string, Alternative>()
  const settled: Settled[] = []
  for (const part of decision.parts) {
    const choice = choices.get(part.text) ?? (open.includes(part) ? await chooseCommand(part, decision, parts) : part)
    if (choice === undefined) return undefined
    if (choice.invoke !== undefined) return { invoke: choice.invoke }
    if (open.includes(part)) choices.set(part.text, choice)
    const { command } = choice
    const input = inputFor(yard, command, command === part.command ? inputOf(part) : {}, env)
    for (const flag of missingOf(yard, command, input)) {
      const answer = await askFor(flag, part.text, parts, decision.parts.length > 1)
      if (answer === undefined) return undefined
      input[flag.field] = answer
    }
    settled.push({ command, input })
  }
  // A piece of a request means what it does behind the others, and is nothing to learn by itself.
  const said = decision.parts.length > 1 ? [] : [...choices].map(([text, { command }]) => ({ text, command }))
  return { settled, said }
}

/** Whether a yes settles it. */
const wantsYes = ({ asks, part }: Doubt): boolean => asks === 'intent' || asks === 'condition' || (asks === 'command' && part === undefined)

/** Which of the closest is meant: a command of ours, or something of others that a person uses elsewhere. */
async function chooseCommand(
  part: DecisionPart,
  { parts, elsewhere = [], doubts = [] }: Decision,
  { yard, terminal, signal }: DialogueParts,
): Promise<Alternative | undefined> {
  const { chosen, confirmed } = await import('./prompt.ts')
  const about = (question: string): string => (parts.length === 1 ? question : `"${short(part.text, 60)}": ${question}`)
  const all: readonly Alternative[] = [part, ...nameable(part.alternatives)]
  if (all.length === 1) {
    // Whether it is meant was asked already, where that was open too.
    const isSaid = doubts.some(({ asks, part: at }) => asks === 'intent' && at !== undefined && parts[at] === part)
    return isSaid || (await confirmed(about(`Do you mean ${part.command}?`), terminal, signal)) ? part : undefined
  }
  const choices = all.map(({ command, invoke }) => ({
    value: command,
    label: invoke ?? command,
    hint: yard.commands.get(command)?.definition.summary ?? short(elsewhere.find(({ id }) => id === command)?.summary ?? '', 60),
  }))
  const answer = await chosen(about('Which of these do you mean?'), choices, terminal, signal)
  return all.find(({ command }) => command === answer)
}

async function askFor(flag: Flag, text: string, { terminal, signal }: DialogueParts, isOneOfMany: boolean): Promise<unknown> {
  const { chosen, confirmed, needed } = await import('./prompt.ts')
  const question = questionFor(flag)
  const message = isOneOfMany ? `"${short(text, 60)}": ${question}` : question
  if (flag.kind === 'boolean') return confirmed(message, terminal, signal)
  const choices = flag.choices?.map((value) => ({ value, label: value }))
  const answer = choices === undefined ? await needed(message, terminal, signal) : await chosen(message, choices, terminal, signal)
  if (answer === undefined) return undefined
  return valueOfFlag(flag, flag.kind === 'list' ? answer.split(',').map((one) => one.trim()) : answer)
}

function questionFor({ name, kind, description }: Flag): string {
  const what = name.replaceAll('-', ' ')
  const question = kind === 'list' ? `What are the ${what}, separated by commas?` : kind === 'boolean' ? `${what}?` : `What is the ${what}?`
  return description === '' ? question : `${question} (${description})`
}
