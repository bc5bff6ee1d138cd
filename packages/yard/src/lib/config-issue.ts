import type { z } from 'zod'

/** What a value must be instead, as the end of a sentence: `must be a whole number from 0 to 10`. */
export function mustBe(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined ? 'must be given' : `must be ${typeName(issue.expected)}`
    case 'invalid_value':
      return issue.values.length === 1
        ? `must be ${JSON.stringify(issue.values[0])}`
        : `must be one of ${issue.values.map((value) => JSON.stringify(value)).join(', ')}`
    case 'too_small':
      return `must ${measure(issue.origin, `at least ${issue.minimum}`)}`
    case 'too_big':
      return `must ${measure(issue.origin, `at most ${issue.maximum}`)}`
    case 'not_multiple_of':
      return `must be a multiple of ${issue.divisor}`
    case 'invalid_format':
      return issue.message.startsWith('Invalid ') ? `must be a valid ${issue.format}` : issue.message
    case 'unrecognized_keys':
      return `must not have ${issue.keys.map((key) => `"${key}"`).join(', ')}`
    case 'invalid_union':
      return unionText(issue)
    default:
      return issue.message
  }
}

function unionText(issue: z.core.$ZodIssueInvalidUnion): string {
  const choices = new Set(issue.errors.flatMap((branch) => branch.map((inner) => mustBe(inner).replace(/^must be /, ''))))
  return choices.size === 0 ? issue.message : `must be ${[...choices].join(' or ')}`
}

function measure(origin: string, limit: string): string {
  if (origin === 'string') return `have ${limit} characters`
  if (origin === 'array' || origin === 'set' || origin === 'map') return `have ${limit} entries`
  return `be ${limit}`
}

const NAMES: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
}

function typeName(expected: string): string {
  return NAMES[expected] ?? `of type ${expected}`
}
