import { lstatSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { writeAtomically } from '../files/change-set.ts'
import { cannotDecrypt, keyExposed, keyInvalid, keyMissing, recipientInvalid } from './errors.ts'

/** The file beside the env files that lists who else can read what is encrypted: one public key a line. */
export const RECIPIENTS_FILE = '.env.recipients'
export const ENCRYPTED = '.age'

/** Where the key is: as it was named, or in the plugin's own folder, which is never committed. */
export function keyPath(named: string | undefined, workspace: string, dataDir: string): string {
  if (named === undefined) return join(dataDir, 'age.key')
  return named.startsWith('~/') ? join(homedir(), named.slice(2)) : resolve(workspace, named)
}

/** The secret key in a key file as age-keygen writes it. @throws KEY_MISSING, KEY_EXPOSED, KEY_INVALID */
export function readKey(path: string): string {
  const stats = lstatSync(path, { throwIfNoEntry: false })
  if (stats === undefined) throw keyMissing(path)
  if (!stats.isFile()) throw keyInvalid(path)
  if ((stats.mode & 0o077) !== 0) throw keyExposed(path, (stats.mode & 0o777).toString(8).padStart(3, '0'))
  const key = /^AGE-SECRET-KEY-[0-9A-Z-]+$/m.exec(readFileSync(path, 'utf8'))?.[0]
  if (key === undefined) throw keyInvalid(path)
  return key
}

export const hasKey = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false }) !== undefined

/** Makes a key file that every age reads too, for its owner alone. Returns the public key. */
export async function makeKey(path: string, now: number): Promise<string> {
  const { generateX25519Identity } = await import('age-encryption')
  const key = await generateX25519Identity()
  const recipient = await publicKeyOf(key)
  writeAtomically(path, `# created: ${new Date(now).toISOString()}\n# public key: ${recipient}\n${key}\n`, 0o600)
  return recipient
}

/** The public key that belongs to a secret one. @throws KEY_INVALID */
export async function publicKeyOf(key: string, path = 'given'): Promise<string> {
  const { identityToRecipient } = await import('age-encryption')
  return identityToRecipient(key).catch(() => Promise.reject(keyInvalid(path)))
}

/** Public keys of a recipients file; what stands after "#" is a comment. */
export const recipientsIn = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.replace(/#.*/s, '').trim())
    .filter((line) => line !== '')

/** In age's armored form: text, so that git shows which file changed. @throws RECIPIENT_INVALID */
export async function encrypt(bytes: Uint8Array, recipients: readonly string[]): Promise<string> {
  const { armor, Encrypter } = await import('age-encryption')
  const encrypter = new Encrypter()
  for (const recipient of recipients) {
    try {
      encrypter.addRecipient(recipient)
    } catch {
      throw recipientInvalid(recipient)
    }
  }
  return `${armor.encode(await encrypter.encrypt(bytes)).trimEnd()}\n`
}

/** @throws CANNOT_DECRYPT where the file was changed or is for others */
export async function decrypt(encrypted: Uint8Array, key: string, path: string): Promise<Buffer> {
  const { armor, Decrypter } = await import('age-encryption')
  const decrypter = new Decrypter()
  try {
    decrypter.addIdentity(key)
    const text = Buffer.from(encrypted).toString('latin1')
    const bytes = text.startsWith('-----BEGIN AGE') ? armor.decode(text) : encrypted
    return Buffer.from(await decrypter.decrypt(bytes))
  } catch {
    throw cannotDecrypt(path)
  }
}
