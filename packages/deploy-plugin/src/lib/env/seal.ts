import { lstatSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { applyChanges, revertChanges, writeAtomically } from '../files/change-set.ts'
import { filesChangedSince } from '../files/errors.ts'
import { bytesInside, pathInside, readInside } from '../files/project.ts'
import { isValueFile } from './env-files.ts'
import { envFileExists, envFileMissing, notAnEnvFile } from './errors.ts'
import { decrypt, ENCRYPTED, encrypt, hasKey, makeKey, publicKeyOf, RECIPIENTS_FILE, readKey, recipientsIn } from './vault.ts'

export { hasKey } from './vault.ts'

/** Where a command works, and with which key. */
export interface Vault {
  readonly root: string
  readonly dataDir: string
  readonly key: string
  readonly nowMs: number
}

export interface Sealed {
  readonly file: string
  readonly encrypted: string
  /** How many keys can open it. */
  readonly recipients: number
  readonly madeKey: boolean
  readonly removed: boolean
  /** Permission bits of the clear file, for the way back. */
  readonly mode: number
  /** Undefined where the encrypted file said the same already. */
  readonly change?: string
}

/** The clear and the encrypted name of one env file, whichever was given. @throws NOT_AN_ENV_FILE, PATH_REFUSED */
export function sealedNames(root: string, file: string): { clear: string; encrypted: string } {
  const clear = pathInside(root, file.endsWith(ENCRYPTED) ? file.slice(0, -ENCRYPTED.length) : file)
  if (!isValueFile(clear)) throw notAnEnvFile(file)
  return { clear, encrypted: pathInside(root, `${clear}${ENCRYPTED}`) }
}

/**
 * Encrypts an env file for the key and for everybody in `.env.recipients`, then takes the clear file away unless it is kept. What is
 * encrypted already and says the same is not written again, so that git sees no change.
 * @throws ENV_FILE_MISSING, KEY_EXPOSED, KEY_INVALID, RECIPIENT_INVALID, FILES_CHANGED_SINCE
 */
export async function seal({ root, dataDir, key, nowMs }: Vault, file: string, keep: boolean): Promise<Sealed> {
  const { clear, encrypted } = sealedNames(root, file)
  const bytes = bytesInside(root, clear)
  if (bytes === undefined) throw envFileMissing(clear)
  const mode = lstatSync(join(root, clear)).mode & 0o777
  const others = recipientsIn(readInside(root, RECIPIENTS_FILE) ?? '')
  const madeKey = !hasKey(key)
  const own = madeKey ? await makeKey(key, nowMs) : await publicKeyOf(readKey(key), key)
  const recipients = [...new Set([own, ...others])]
  const before = readInside(root, encrypted)
  const isSame = before !== undefined && recipients.length === 1 && (await saysTheSame(before, bytes, readKey(key)))
  const after = isSame ? before : await encrypt(bytes, recipients)
  // What somebody wrote while it was being encrypted is in no other file.
  if (bytesInside(root, clear)?.equals(bytes) !== true) throw filesChangedSince([clear])
  const change = applyChanges(root, [{ path: encrypted, before, after }], dataDir)
  if (!keep) rmSync(join(root, clear))
  return { file: clear, encrypted, recipients: recipients.length, madeKey, removed: !keep, mode, ...(change !== undefined && { change }) }
}

/** @throws ENV_FILE_MISSING, ENV_FILE_EXISTS where a clear file says something else, KEY_MISSING, CANNOT_DECRYPT */
export async function open({ root, dataDir, key }: Vault, file: string): Promise<{ file: string; encrypted: string; change?: string }> {
  const { clear, encrypted } = sealedNames(root, file)
  const bytes = await openBytes(root, encrypted, key)
  const there = bytesInside(root, clear)
  if (there !== undefined && !there.equals(bytes)) throw envFileExists(clear)
  const change = applyChanges(root, [{ path: clear, before: there, after: bytes, mode: 0o600, secret: true }], dataDir)
  return { file: clear, encrypted, ...(change !== undefined && { change }) }
}

/** The way back from `seal`: the clear file as it was, then the encrypted one. */
export async function unseal(
  { root, dataDir, key }: Vault,
  { file, mode, change }: { file: string; mode: number; change?: string | undefined },
): Promise<void> {
  const { clear, encrypted } = sealedNames(root, file)
  if (bytesInside(root, clear) === undefined) writeAtomically(join(root, clear), await openBytes(root, encrypted, key), mode)
  if (change !== undefined) revertChanges(dataDir, change)
}

async function openBytes(root: string, encrypted: string, key: string): Promise<Buffer> {
  const sealed = bytesInside(root, encrypted)
  if (sealed === undefined) throw envFileMissing(encrypted)
  return decrypt(sealed, readKey(key), encrypted)
}

/** Only for one key: for whom else a file is cannot be seen in it. */
async function saysTheSame(encrypted: string, bytes: Buffer, key: string): Promise<boolean> {
  const { armor } = await import('age-encryption')
  try {
    const [head = ''] = Buffer.from(armor.decode(encrypted)).toString('latin1').split('\n---', 1)
    if (head.split('\n-> ').length !== 2) return false
    return (await decrypt(Buffer.from(encrypted), key, '')).equals(bytes)
  } catch {
    return false
  }
}
