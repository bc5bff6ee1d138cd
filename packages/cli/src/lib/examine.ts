import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { isSwitchyardError } from '@switchyard/contracts'
import type { Finding } from '@switchyard/yard'
import { isOwnName } from './own-commands.ts'
import type { Session } from './session.ts'

/** Everything that can be checked, also where the workspace cannot be opened: then the findings say why. */
export async function examine(session: Session): Promise<readonly Finding[]> {
  const findings: Finding[] = [{ check: 'workspace', state: 'ok', found: session.dir }]
  try {
    const { entries, paths } = await session.config()
    const set = entries.filter(({ origin }) => origin.from !== 'default').length
    findings.push({
      check: 'config',
      state: 'ok',
      found: set === 0 ? `defaults; ${paths.project} may set others` : `${set} set by you, the rest are defaults`,
    })
  } catch (error) {
    return [...findings, failed('config', error)]
  }
  try {
    const hidden = (await session.plugins()).filter(({ name }) => isOwnName(name))
    for (const { name } of hidden) {
      findings.push({
        check: 'plugin names',
        state: 'warning',
        found: `the commands of "${name}" cannot be typed, as switchyard has a command of that name`,
        mend: 'give the plugin another name',
      })
    }
  } catch (error) {
    return [...findings, failed('plugins', error)]
  }
  try {
    return [...findings, ...(await diagnosis(session))]
  } catch (error) {
    return [...findings, failed(isOfPlugins(error) ? 'plugins' : 'store', error)]
  }
}

/** Looking must not make a data folder where there is none. */
async function diagnosis(session: Session): Promise<readonly Finding[]> {
  const { DATA_FOLDER } = await import('@switchyard/yard')
  if (existsSync(join(session.dir, DATA_FOLDER))) return (await session.yard()).doctor()
  await using yard = await session.openYard({ memory: true })
  return await yard.doctor()
}

function failed(check: string, error: unknown): Finding {
  const next = isSwitchyardError(error) ? error.next : undefined
  return {
    check,
    state: 'failed',
    found: error instanceof Error ? error.message : String(error),
    ...(next !== undefined && { mend: next }),
  }
}

const isOfPlugins = (error: unknown): boolean =>
  isSwitchyardError(error, 'MANIFEST_INVALID') || isSwitchyardError(error, 'PLUGIN_DEPENDENCIES')
