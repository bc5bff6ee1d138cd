/** Opens a store as another user and prints the error: `stranger.ts PATH [UID]`. */
import { writeSync } from 'node:fs'
import { isSwitchyardError } from '@switchyard/contracts'
import { openStore } from '@switchyard/store'

const [path = '', uid] = process.argv.slice(2)
if (uid !== undefined) {
  process.setgroups?.([])
  process.setgid?.(Number(uid))
  process.setuid?.(Number(uid))
}
try {
  openStore({ path }).close()
  writeSync(1, 'opened\n')
} catch (error) {
  if (!isSwitchyardError(error)) throw error
  writeSync(1, `${JSON.stringify({ code: error.code, message: error.message, next: error.next })}\n`)
}
