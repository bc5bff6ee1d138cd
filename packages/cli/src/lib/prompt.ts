import { confirm, isCancel, select, text } from '@clack/prompts'
import { SwitchyardError } from '@switchyard/contracts'
import type { Question } from '@switchyard/plugin-kit'
import { plain } from '../render/look.ts'
import type { Terminal } from './host.ts'

// What is asked may come from a plugin, or a server that is one: nothing of it steers the terminal.

/** Yes or no; leaving the question means no. */
export async function confirmed(message: string, terminal: Terminal, signal: AbortSignal): Promise<boolean> {
  return (await confirm({ message: plain(message), initialValue: false, ...terminal, signal })) === true
}

/** Whether the person types exactly this name. */
export async function typed(name: string, message: string, terminal: Terminal, signal: AbortSignal): Promise<boolean> {
  const answer = await text({
    message: plain(message),
    placeholder: name,
    validate: (value) => (value === name ? undefined : `Type ${name}, or press Ctrl-C to leave everything as it is`),
    ...terminal,
    signal,
  })
  return answer === name
}

/** One of a few; undefined where the person leaves the question. */
export async function chosen<value extends string>(
  message: string,
  choices: readonly { value: value; label: string; hint?: string }[],
  terminal: Terminal,
  signal: AbortSignal,
): Promise<value | undefined> {
  const options = choices.map(({ value, label, hint }) => ({
    value: value as string,
    label: plain(label),
    ...(hint !== undefined && { hint: plain(hint) }),
  }))
  const answer = await select({ message: plain(message), options, ...terminal, signal })
  return isCancel(answer) ? undefined : (answer as value)
}

/** A text; undefined where the person leaves the question. */
async function written(message: string, terminal: Terminal, signal: AbortSignal): Promise<string | undefined> {
  const answer = await text({ message: plain(message), ...terminal, signal })
  return isCancel(answer) ? undefined : answer
}

/** A text that may not be empty: it is asked for until there is one; undefined where the person leaves the question. */
export async function needed(message: string, terminal: Terminal, signal: AbortSignal): Promise<string | undefined> {
  const validate = (value: string | undefined): string | undefined =>
    value?.trim() ? undefined : 'It is needed; press Ctrl-C to leave everything as it is'
  const answer = await text({ message: plain(message), validate, ...terminal, signal })
  return isCancel(answer) ? undefined : answer
}

/** How a plugin's question is put to the person. */
export function answerOf(terminal: Terminal, signal: AbortSignal): (question: Question) => Promise<string> {
  return async (question) => {
    const { text: message, choices } = question
    const answer =
      choices === undefined
        ? await written(message, terminal, signal)
        : await chosen(
            message,
            choices.map((choice) => ({ value: choice, label: choice })),
            terminal,
            signal,
          )
    if (answer !== undefined) return answer
    throw new SwitchyardError('NEEDS_ANSWER', `Cannot go on as a person must answer: ${question.text}`, {
      data: { question: question.text },
    })
  }
}
