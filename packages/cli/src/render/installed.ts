import type { Installed } from '@switchyard/mcp/clients'
import { type Look, paint, plain } from './look.ts'

/** What was done to a client's configuration, and how to see that it worked. */
export function renderInstalled({ path, did, entries, backup, next }: Installed, look: Look): string {
  if (did === 'nothing') {
    const what = entries.length === 0 ? 'holds none of our servers' : `is as it must be: ${entries.map(({ name }) => name).join(', ')}`
    return `${plain(path)} ${what}`
  }
  const changes = entries.filter((entry) => entry.did !== 'nothing').map((entry) => `  ${entry.did} ${entry.name}`)
  const copy = backup === undefined ? [] : [`  ${paint(look, 'dim', `what was there: ${plain(backup)}`)}`]
  return [`${did} ${plain(path)}`, ...changes, ...copy, '', `Next: ${next}`].join('\n')
}
