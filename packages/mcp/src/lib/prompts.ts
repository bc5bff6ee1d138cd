import type { Prompt } from '@switchyard/plugin-kit'
import { noSuchPrompt, promptNeeds } from './errors.ts'

/** Puts the arguments into a prompt's text. @throws NOT_FOUND, VALIDATION */
export function promptText(prompts: readonly Prompt[], name: string, given: Readonly<Record<string, string>>): string {
  const prompt = prompts.find((one) => one.name === name)
  if (prompt === undefined) throw noSuchPrompt(name)
  const { args = [], text } = prompt
  const values = new Map(args.map((argument) => [argument.name, given[argument.name] || argument.default]))
  const missing = [...values].filter(([, value]) => value === undefined).map(([argument]) => argument)
  if (missing.length > 0) throw promptNeeds(name, missing)
  return text.replaceAll(/\{(\w+)\}/g, (placeholder, argument: string) => values.get(argument) ?? placeholder)
}
