import type { Log } from '@switchyard/plugin-kit'
import { withoutSecrets } from '@switchyard/yard/config'
import { paint, plain } from '../render/look.ts'
import type { Session } from './session.ts'

const LEVELS = ['debug', 'info', 'warn', 'error'] as const

/** What plugins log, from a level on, as lines beside the answer: `warn  ops: message {"field":1}`. */
export function createLog(least: (typeof LEVELS)[number] | 'silent', note: Session['note']): (plugin: string) => Log {
  const from = least === 'silent' ? LEVELS.length : LEVELS.indexOf(least)
  return (plugin) => {
    const writer = (level: (typeof LEVELS)[number]): Log['warn'] => {
      if (LEVELS.indexOf(level) < from) return () => {}
      return (message, fields) => {
        const data = fields === undefined ? '' : ` ${JSON.stringify(withoutSecrets(fields))}`
        note((look) => `${paint(look, level === 'error' ? 'red' : 'dim', level.padEnd(5))} ${plugin}: ${plain(message + data)}`)
      }
    }
    return { debug: writer('debug'), info: writer('info'), warn: writer('warn'), error: writer('error') }
  }
}
