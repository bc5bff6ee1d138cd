import { type Decision, type DecisionPart, inputOf, type Yard } from '@switchyard/yard'
import { otherEnv } from './errors.ts'
import { type Flag, flagsOf } from './flags.ts'

/** A part whose command is settled, with what it is given. */
export interface Settled {
  readonly command: string
  readonly input: Record<string, unknown>
}

/** What is clear without asking anybody; undefined where something is not. */
export function settleAlone(yard: Yard, { doubts = [], parts }: Decision, env: string | undefined): readonly Settled[] | undefined {
  if (doubts.some(({ asks }) => asks !== 'arguments')) return undefined
  const settled = parts.map((part) => ({ command: part.command, input: inputFor(yard, part.command, inputOf(part), env) }))
  return settled.every(({ command, input }) => missingOf(yard, command, input).length === 0) ? settled : undefined
}

/** What a command is given by the request, and the environment that was named beside it. */
export function inputFor(
  yard: Yard,
  command: string,
  said: Readonly<Record<string, unknown>>,
  env: string | undefined,
): Record<string, unknown> {
  return env !== undefined && takesEnv(yard, command) ? { env, ...said } : { ...said }
}

/** A request that says another environment than was named beside it is not guessed at. @throws USAGE */
export function assertEnv({ parts, request }: Pick<Decision, 'parts' | 'request'>, env: string | undefined): void {
  if (env === undefined) return
  for (const { value, from } of parts.flatMap(({ args }) => args.env ?? [])) {
    // "prod" may be what the request says for production.
    const said = request.slice(...from)
    if (said !== env && [value].flat().some((one) => one !== env)) throw otherEnv(env, said)
  }
}

export function takesEnv(yard: Yard, command: string): boolean {
  return flagsOf(yard.commands.get(command)!.definition).some(({ field }) => field === 'env')
}

export function missingOf(yard: Yard, command: string, input: Readonly<Record<string, unknown>>): readonly Flag[] {
  return flagsOf(yard.commands.get(command)!.definition).filter(({ field, required }) => required && input[field] === undefined)
}

/** The parts whose command is open. */
export function openParts({ doubts = [], parts }: Decision): readonly DecisionPart[] {
  const open = new Set(doubts.flatMap(({ asks, part }) => (asks === 'command' && part !== undefined ? [parts[part]?.text] : [])))
  // What is said once of several things is one question.
  return parts.filter(({ text }) => open.has(text))
}
