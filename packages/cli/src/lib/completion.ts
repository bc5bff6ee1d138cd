import type { Command, Option } from 'commander'

/** One way to go on with the word under the cursor. */
export interface Candidate {
  readonly value: string
  readonly about: string
}

/** What the last of these words may become, read off the program itself; empty where only the person or the file system knows. */
export function complete(program: Command, words: readonly string[]): readonly Candidate[] {
  const joined = joinAssignments(words)
  const current = joined.at(-1) ?? ''
  let at = program
  let awaiting: Option | undefined
  let operands = 0
  for (const word of joined.slice(0, -1)) {
    if (awaiting !== undefined) awaiting = undefined
    else if (word.startsWith('-')) awaiting = word.includes('=') ? undefined : valued(at, word)
    else {
      const next = at.commands.find((command) => command.name() === word)
      if (next === undefined) operands++
      else at = next
    }
  }
  if (awaiting !== undefined) return startingWith(current, choicesOf(awaiting))
  const assignment = /^(--[^=]+)=(.*)$/.exec(current)
  if (assignment !== null) {
    const option = valued(at, assignment[1]!)
    return startingWith(
      current,
      choicesOf(option).map(({ value, about }) => ({ value: `${assignment[1]}=${value}`, about })),
    )
  }
  if (current.startsWith('-')) return startingWith(current, flagsAt(at))
  const argument = at.registeredArguments[operands]
  const values = argument?.argChoices?.map((value) => ({ value, about: '' })) ?? []
  const next = [...at.commands.map((command) => ({ value: command.name(), about: aboutCommand(command) })), ...values]
  return startingWith(current, next.length === 0 && argument === undefined ? flagsAt(at) : next)
}

/** Shells may hand over `--level=high` in three words. */
function joinAssignments(words: readonly string[]): string[] {
  const joined: string[] = []
  for (const [index, word] of words.entries()) {
    const previous = joined.at(-1)
    const continues = word === '=' || (words[index - 1] === '=' && previous?.endsWith('=') === true)
    if (continues && previous?.startsWith('--') === true) joined[joined.length - 1] = previous + word
    else joined.push(word)
  }
  return joined
}

function valued(command: Command, flag: string): Option | undefined {
  return command.options.find((option) => option.long === flag && option.required)
}

function choicesOf(option: Option | undefined): Candidate[] {
  return option?.argChoices?.map((value) => ({ value, about: '' })) ?? []
}

function flagsAt(command: Command): Candidate[] {
  return [
    ...command.options.map(({ long, description }) => ({ value: long ?? '', about: description })),
    { value: '--help', about: 'Show help' },
  ]
}

function aboutCommand(command: Command): string {
  return command.summary() || command.description()
}

function startingWith(start: string, candidates: readonly Candidate[]): readonly Candidate[] {
  return candidates.filter(({ value }) => value.startsWith(start) && value !== '')
}
