import type { Plugin, Progress } from '@switchyard/plugin-kit'
import type { Yard, YardOptions } from '@switchyard/yard'
import type { LoadedConfig } from '@switchyard/yard/config'
import { type Look, plain } from '../render/look.ts'
import { builtInModel } from './built-in.ts'
import { EXIT, type ExitCode } from './exit-code.ts'
import type { Host, Output } from './host.ts'
import { type Mounts, openMounts } from './mounts.ts'
import { builtInOutlines, outlineOf, type PluginOutline } from './outline.ts'
import type { CommandLine } from './program.ts'
import type { Session } from './session.ts'
import { findWorkspace } from './workspace.ts'

/** A session together with what only the one who opened it may do. */
export interface OpenedSession {
  readonly session: Session
  exitCode(): ExitCode
  reportError(error: unknown): Promise<void>
  close(): Promise<void>
}

/** Opens nothing yet: every part of a session is opened at its first use. */
export function openSession(host: Host, { json, dir }: CommandLine, signal: AbortSignal): OpenedSession {
  const { out, err } = host
  const workspace = once(() => findWorkspace(host.cwd, dir, host.userId))
  const config = once(loadConfig)
  const plugins = once(loadPlugins)
  let yard: Promise<Yard> | undefined
  let exit: ExitCode = EXIT.done
  let shown = 0
  let mounted: Mounts | undefined
  /** What the workspace has beside the plugins that come along, once that was loaded. */
  let added: readonly Plugin[] | undefined

  const session: Session = {
    host,
    signal,
    json,
    dirNamed: dir !== undefined,
    get dir() {
      return workspace()
    },
    config,
    plugins,
    outlines,
    yard() {
      yard ??= openOwnYard()
      return yard
    },
    openYard,
    progress({ message, done, total }: Progress) {
      if (host.terminal === undefined) return
      const count = done === undefined ? '' : ` ${done}${total === undefined ? '' : `/${total}`}`
      const line = plain(`${message}${count}`)
        .replace(/\s+/g, ' ')
        .slice(0, err.columns - 1)
      err.write(`\r${line.padEnd(shown)}`)
      shown = line.length
    },
    note(text) {
      clearProgress()
      err.write(`${typeof text === 'string' ? text : text(lookOf(err))}\n`)
    },
    answer({ data, text, exit: code = EXIT.done }) {
      clearProgress()
      exit = code
      const answer = json ? JSON.stringify(data ?? null, null, 2) : typeof text === 'string' ? text : text(lookOf(out))
      if (answer !== '') out.write(`${answer}\n`)
    },
  }

  return {
    session,
    exitCode: () => exit,
    async reportError(error) {
      clearProgress()
      const { errorDocument, renderError } = await import('../render/error.ts')
      if (json) out.write(`${JSON.stringify(errorDocument(error), null, 2)}\n`)
      else err.write(`${renderError(error, lookOf(err))}\n`)
    },
    async close() {
      const opened = await yard?.catch(() => undefined)
      await opened?.close()
      await mounted?.close()
      if (added === undefined) return
      const { keepShapes } = await import('./completion-cache.ts')
      await keepShapes(workspace(), added)
    },
  }

  function onLearn(): void {
    session.progress({ message: 'Learning the commands of this workspace, which takes some seconds, once' })
  }

  function clearProgress(): void {
    if (shown > 0) err.write(`\r${' '.repeat(shown)}\r`)
    shown = 0
  }

  async function loadConfig(): Promise<LoadedConfig> {
    const { loadConfig } = await import('@switchyard/yard/config')
    const { env, platform, homeDir } = host
    return loadConfig(workspace(), { env, platform, homeDir })
  }

  async function loadPlugins(): Promise<readonly Plugin[]> {
    const { builtInPlugins } = await import('./built-in.ts')
    const builtIn = await builtInPlugins()
    return [...builtIn, ...(await loadAdded(builtIn))]
  }

  async function outlines(): Promise<readonly PluginOutline[]> {
    const builtIn = await builtInOutlines()
    return [...builtIn, ...(await loadAdded(builtIn)).map(outlineOf)]
  }

  /** What this workspace has beside the plugins that come along. */
  async function loadAdded(builtIn: readonly { readonly name: string }[]): Promise<readonly Plugin[]> {
    const [{ loadPlugins }, loaded] = await Promise.all([import('@switchyard/yard/config'), config()])
    const own = await loadPlugins(workspace(), loaded.config.plugins)
    mounted = await openMounts(
      workspace(),
      [...builtIn, ...own].map(({ name }) => name),
      host.env,
      session.note,
    )
    added = [...own, ...mounted.plugins]
    return added
  }

  async function openOwnYard(): Promise<Yard> {
    const asked = askedOf(host)
    if (host.terminal === undefined) return openYard({ asked })
    const { answerOf } = await import('./prompt.ts')
    const answer = answerOf(host.terminal, signal)
    return openYard({
      asked,
      ask(question) {
        clearProgress()
        return answer(question)
      },
    })
  }

  async function openYard(options: Partial<YardOptions>): Promise<Yard> {
    const [{ openYard }, { createLog }, { keysOf }, loaded, list] = await Promise.all([
      import('@switchyard/yard'),
      import('./log.ts'),
      import('./keys.ts'),
      config(),
      plugins(),
    ])
    const log = createLog(loaded.config.logLevel, session.note)
    const keys = await keysOf(loaded.config, host.env)
    return openYard(workspace(), { plugins: list, config: loaded.config, learned: builtInModel, onLearn, log, ...keys, ...options })
  }
}

/** What the person typed, as the trace of it is called: without flags, whose values may be secrets. */
function askedOf({ argv, env }: Host): YardOptions['asked'] {
  const words = argv.slice(0, Math.max(0, argv.findIndex((word) => word.startsWith('-')) + 1 || argv.length + 1))
  const name = words.filter((word) => !word.startsWith('-')).join(' ') || 'switchyard'
  return { name, from: 'cli', traceparent: env.TRACEPARENT, tracestate: env.TRACESTATE }
}

function lookOf({ columns, color }: Output): Look {
  return { columns: Math.min(columns, 120), color }
}

function once<value>(make: () => value): () => value {
  let made: { value: value } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}
