import { SECRET_SHAPES } from '@switchyard/plugin-kit/redact'

/** Here they are known by less: the history is read line by line, and an address may hold a variable. */
const KNOWN_OTHERWISE: ReadonlySet<string> = new Set(['a private key', 'a password in a database address'])

/** What gives away a secret by its form. Every repetition is bounded, so that no text takes long. */
export const SECRET_FORMS: readonly (readonly [kind: string, form: RegExp])[] = [
  ['private key', /-----BEGIN (?:[A-Z]{2,10} ){0,3}PRIVATE KEY(?: BLOCK)?-----/g],
  ['age key', /\bAGE-SECRET-KEY-(?:PQ-)?1[0-9A-Z]{40,4000}\b/g],
  ['OpenAI or Anthropic key', /\bsk-(?:ant-|proj-)?[A-Za-z0-9_-]{32,255}\b/g],
  ['JSON web token', /\beyJ[\w-]{10,2000}\.eyJ[\w-]{10,4000}\.[\w-]{10,1000}/g],
  ...SECRET_SHAPES.filter(({ what }) => !KNOWN_OTHERWISE.has(what)).map(
    ({ what, matches }) => [what.replace(/^an? /, ''), matches] as const,
  ),
]

/** An address with the password that it holds, in a group. */
export const ADDRESS_WITH_PASSWORD = /\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s/:@"'<>]{0,100}:([^\s/@"'<>]{1,200})@[\w.[\]$-]{1,253}/gi
