import { printable } from '@switchyard/plugin-kit'
import { leaksIn } from '../env/leak-patterns.ts'
import { isPlaceholder } from '../env/placeholder.ts'
import { hideSecrets, isSecretName as isCalledSecret } from '../files/hide-secrets.ts'

/** Names that end so say where a secret lies, or something about it; a URL gives itself away by the password in it. */
const ABOUT_A_SECRET =
  /_(file|path|dir|ur[il]|name|id|ttl|expiry|expires?(_in)?|length|type|method|header|issuer|algorithm|enabled|required|rounds|cost|host|port)$/i

/** Whether a setting of this name holds something secret. */
export const isSecretName = (name: string): boolean => isCalledSecret(name) && !ABOUT_A_SECRET.test(name)

const MIN_SECRET_CHARS = 4
const MIN_SHAPE_CHARS = 11

/** What secret a setting gives away, in words that do not hold it; undefined where it gives away none. */
export function secretIn(name: string, value: string): string | undefined {
  const shape = shapeIn(value)
  if (shape !== undefined) return shape
  if (!isSecretName(name) || value.length < MIN_SECRET_CHARS || isUnfilled(value)) return undefined
  // A file, a switch or a number of seconds is none.
  return /^(\/|\.\/|true$|false$|yes$|no$|\d{1,5}$)/i.test(value) ? undefined : 'what looks like a secret'
}

/** What kind of secret a text holds by its shape. */
export function shapeIn(text: string): string | undefined {
  // Nothing shorter has such a shape.
  if (text.length < MIN_SHAPE_CHARS) return undefined
  const [leak] = leaksIn(text, '')
  return leak === undefined ? undefined : `what looks like a secret (${leak.kind})`
}

/** Whether somebody still has to put the real value in: more words than a password could be count here too. */
const isUnfilled = (value: string): boolean => isPlaceholder(value) && !/^(secret|password)$/i.test(value.trim())

/** For a terminal or a page: without secrets, without what would move a cursor, and no longer than a message may be. */
export function shown(text: string): string {
  const clean = printable(hideSecrets(text))
  return clean.length > MAX_SHOWN_CHARS ? `${clean.slice(0, MAX_SHOWN_CHARS)}…` : clean
}
const MAX_SHOWN_CHARS = 300
