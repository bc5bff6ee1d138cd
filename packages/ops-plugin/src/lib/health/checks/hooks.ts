import { type Check, type Finding, fail, warn } from '../check.ts'
import { BLOCKING_EVENTS, BUILT_IN_TOOLS, EVENT_MATCHERS, HANDLER_KEYS, PLUGIN_ROOT, TOOL_EVENTS } from '../claude-code.ts'
import { asList, type HookHandler, hookHandlers, hookSources, scriptReferences, toolPrefixes } from '../claude-plugin.ts'
import { isObject, isText } from '../document.ts'
import type { ClaudePlugin, Project } from '../project.ts'

const hasHooks = ({ plugins, snapshot }: Project): boolean => plugins.some((plugin) => hookSources(snapshot, plugin).length > 0)
const hasHandlers = ({ plugins, snapshot }: Project): boolean => plugins.some((plugin) => hookHandlers(snapshot, plugin).length > 0)

const eachHandler = (
  { plugins, snapshot }: Project,
  judge: (handler: HookHandler, plugin: ClaudePlugin) => readonly Finding[],
): Finding[] => plugins.flatMap((plugin) => hookHandlers(snapshot, plugin).flatMap((handler) => judge(handler, plugin)))

const placeOf = ({ document, at }: HookHandler, key?: string): { file: string; line: number } => ({
  file: document.path,
  line: document.lineOf(...at, ...(key === undefined ? [] : [key])),
})

const shape: Check = {
  id: 'hooks.shape',
  domain: 'hooks',
  title: 'Hooks have known events, known kinds and no key that is ignored',
  weight: 8,
  mend: 'correct the hook; its keys and events are in the hooks reference of Claude Code',
  applies: hasHooks,
  run: (project) => [...project.plugins.flatMap((plugin) => sourceFindings(project, plugin)), ...eachHandler(project, handlerFindings)],
}

function sourceFindings({ snapshot }: Project, plugin: ClaudePlugin): Finding[] {
  return hookSources(snapshot, plugin).flatMap(({ document, at, value }): Finding[] => {
    const file = document.path
    if (document.mistake !== undefined) return [fail(document.mistake.message, { file, line: document.mistake.line })]
    const isFile = document !== plugin.document
    if (!isObject(value)) {
      const isModule = isObject(document.value) && document.value.modules !== undefined
      return isModule ? [] : [fail(isFile ? 'needs its events inside { "hooks": { … } }' : 'must be a map of events', { file })]
    }
    if (!isFile && isObject(value.hooks))
      return [fail('must hold the events themselves in plugin.json, without "hooks" around them', { file, line: document.lineOf(...at) })]
    return Object.entries(value).flatMap(([event, groups]): Finding[] => {
      const place = { file, line: document.lineOf(...at, event) }
      if (!(event in EVENT_MATCHERS)) return [fail(`"${event}" is no event, so its hooks never run`, place)]
      return asList(groups).some((group) => !isObject(group) || !Array.isArray(group.hooks))
        ? [fail(`each entry of ${event} needs a list "hooks"`, place)]
        : []
    })
  })
}

function handlerFindings(handler: HookHandler): Finding[] {
  const { value } = handler
  const kind = HANDLER_KEYS[String(value.type)]
  if (kind === undefined) return [fail(`is of no known type: ${JSON.stringify(value.type ?? null)}`, placeOf(handler))]
  return [
    ...kind.needed.filter((key) => !isText(value[key])).map((key) => fail(`a ${String(value.type)} hook needs "${key}"`, placeOf(handler))),
    ...Object.keys(value)
      .filter((key) => !kind.known.has(key))
      .map((key) => warn(`has the unknown key "${key}", which is ignored`, placeOf(handler, key))),
  ]
}

const scripts: Check = {
  id: 'hooks.scripts',
  domain: 'hooks',
  title: 'Each hook’s script is there, can be run and is found from any folder',
  weight: 8,
  mend: `name the script by ${PLUGIN_ROOT}/…, keep it in git and make it executable: a missing script lets everything through`,
  applies: hasHandlers,
  run: (project) => eachHandler(project, (handler, plugin) => scriptFindings(project, plugin, handler)),
}

function scriptFindings({ snapshot }: Project, plugin: ClaudePlugin, handler: HookHandler): Finding[] {
  const place = placeOf(handler, 'command')
  return scriptReferences(plugin, handler.value.command, handler.value.args).flatMap((script): Finding[] => {
    if (script.path.startsWith('..')) return [fail(`leaves the plugin: ${script.text}`, place)]
    if (!snapshot.has(script.path)) {
      if (!script.isRooted)
        return snapshot.hasFolder(script.path)
          ? []
          : [fail(`runs ${script.text}, which is looked for in the user’s folder and is not in the plugin either`, place)]
      if (snapshot.hasFolder(script.path)) return []
      return [
        fail(
          `runs ${script.path}, which ${snapshot.ignores(script.path) ? 'git ignores, so that an install does not have it' : 'is not there'}`,
          place,
        ),
      ]
    }
    if (!script.isRooted)
      return [fail(`runs ${script.text}, which is looked for in the user’s folder: begin it with ${PLUGIN_ROOT}/`, place)]
    const isExecutable = snapshot.files.get(script.path)?.executable ?? true
    return script.isProgram && !isExecutable ? [fail(`runs ${script.path}, which is not executable`, place)] : []
  })
}

const quoting: Check = {
  id: 'hooks.quoting',
  domain: 'hooks',
  title: 'A plugin’s path with a space in it does not break its hooks',
  weight: 3,
  mend: `put ${PLUGIN_ROOT}/… in double quotes, or use "args", which needs no shell`,
  applies: (project) => eachHandler(project, (handler) => (isShellForm(handler) ? [fail('')] : [])).length > 0,
  run: (project) =>
    eachHandler(project, (handler) => {
      const command = String(handler.value.command)
      return isShellForm(handler) && /(^|[\s=])\$\{?CLAUDE_PLUGIN_ROOT\}?/.test(command) && !/^"[^"]*$/.test(command)
        ? [warn(`uses ${PLUGIN_ROOT} without quotes`, placeOf(handler, 'command'))]
        : []
    }),
}

const isShellForm = ({ value }: HookHandler): boolean => value.args === undefined && /CLAUDE_PLUGIN_ROOT/.test(String(value.command ?? ''))

const matchers: Check = {
  id: 'hooks.matchers',
  domain: 'hooks',
  title: 'Each matcher can match something',
  weight: 6,
  mend: 'correct the matcher: exact names joined by |, or a regular expression',
  applies: (project) => eachHandler(project, ({ matcher, value }) => (isText(matcher) || isText(value.if) ? [fail('')] : [])).length > 0,
  run: (project) => eachHandler(project, (handler, plugin) => matcherFindings(project, plugin, handler)),
}

function matcherFindings({ snapshot }: Project, plugin: ClaudePlugin, handler: HookHandler): Finding[] {
  const { event, matcher, value } = handler
  const place = { file: handler.document.path, line: handler.document.lineOf(...handler.at.slice(0, -2), 'matcher') }
  if (isText(value.if) && !TOOL_EVENTS.has(event)) return [fail(`has "if" on ${event}, where it never runs`, placeOf(handler, 'if'))]
  if (!isText(matcher) || matcher === '*' || !(event in EVENT_MATCHERS)) return []
  const set = EVENT_MATCHERS[event]
  if (set === false) return [warn(`${event} has no matcher; "${matcher}" is ignored`, place)]
  const isList = /^[A-Za-z0-9_\- ,|]+$/.test(matcher)
  if (!isList) {
    const expression = compile(matcher)
    if (expression === undefined) return [fail(`is no regular expression: "${matcher}"`, place)]
    return set !== undefined && !set.some((name) => expression.test(name))
      ? [fail(`"${matcher}" matches none of ${set.join(', ')}`, place)]
      : []
  }
  const names = matcher
    .split(/[|,]/)
    .map((name) => name.trim())
    .filter((name) => name !== '')
  if (set !== undefined)
    return names.filter((name) => !set.includes(name)).map((name) => fail(`"${name}" is never sent with ${event}`, place))
  if (!TOOL_EVENTS.has(event)) return []
  return names.flatMap((name): Finding[] => {
    const own = toolPrefixes(snapshot, plugin).find((prefix) =>
      name.startsWith(`mcp__${prefix.slice(`mcp__plugin_${plugin.name}_`.length)}`),
    )
    if (own !== undefined) return [fail(`"${name}" never fires: the plugin’s own tools are ${own}…`, place)]
    if (/^mcp__[^_]+(_[^_]+)*$/.test(name)) return [fail(`"${name}" names a server and no tool: use ${name}__.*`, place)]
    return name.startsWith('mcp__') || BUILT_IN_TOOLS.has(name) ? [] : [warn(`"${name}" is no tool of Claude Code`, place)]
  })
}

const EXIT = /\b(?:process\.exit\(|sys\.exit\(|exit |process\.exitCode = )([12])\b/

const blocking: Check = {
  id: 'hooks.blocking',
  domain: 'hooks',
  title: 'A hook that means to block does so with exit 2',
  weight: 5,
  mend: 'exit 2 with the reason on stderr, or print the decision as JSON: exit 1 lets everything through',
  applies: (project) => scriptTexts(project).some(({ handler }) => BLOCKING_EVENTS.has(handler.event)),
  run: (project) =>
    scriptTexts(project).flatMap(({ handler, path, text }): Finding[] => {
      if (!BLOCKING_EVENTS.has(handler.event)) return []
      const exit = EXIT.exec(text)
      if (exit === null) return []
      const place = { file: path, line: text.slice(0, exit.index).split('\n').length }
      if (handler.value.async === true) return [warn(`ends with ${exit[1]} on ${handler.event}, and what is async cannot block`, place)]
      const knowsHow = /exit\(?\s*2\b|exitCode = 2|permissionDecision|["']decision["']/.test(text)
      return knowsHow ? [] : [warn(`ends with 1 on ${handler.event}, which does not block`, place)]
    }),
}

const payload: Check = {
  id: 'hooks.payload',
  domain: 'hooks',
  title: 'Hook scripts read the fields that are sent',
  weight: 5,
  mend: 'read tool_name and tool_input.file_path: there is no "tool" and no "path"',
  applies: (project) => scriptTexts(project).some(({ handler }) => TOOL_EVENTS.has(handler.event)),
  run: (project) =>
    scriptTexts(project).flatMap(({ handler, path, text }): Finding[] => {
      if (!TOOL_EVENTS.has(handler.event) || /tool_name|tool_input/.test(text)) return []
      const read = /\.get\(\s*["'](tool|path|file)["']|\b(?:input|data|payload|event)(?:\.|\[["'])(tool|path|file)\b/.exec(text)
      return read === null
        ? []
        : [
            fail(`reads "${read[1] ?? read[2]}", which ${handler.event} does not send`, {
              file: path,
              line: text.slice(0, read.index).split('\n').length,
            }),
          ]
    }),
}

const SESSION_END_SECONDS = 1.5
const DEFAULT_SECONDS: Readonly<Record<string, number>> = { UserPromptSubmit: 30, SessionEnd: SESSION_END_SECONDS }

const timeouts: Check = {
  id: 'hooks.timeouts',
  domain: 'hooks',
  title: 'Each hook has more time than what it waits for',
  weight: 3,
  mend: 'raise the hook’s timeout, or shorten the one inside: a hook that is cut off lets everything through',
  applies: hasHandlers,
  run: (project) => [
    ...eachHandler(project, (handler) => {
      const given = handler.value.timeout
      if (given !== undefined && (typeof given !== 'number' || given <= 0))
        return [fail('its timeout must be a number of seconds', placeOf(handler, 'timeout'))]
      return handler.event === 'SessionEnd' && typeof given === 'number' && given > SESSION_END_SECONDS
        ? [warn(`asks for ${given} s; SessionEnd has ${SESSION_END_SECONDS} s for all hooks together`, placeOf(handler, 'timeout'))]
        : []
    }),
    ...scriptTexts(project).flatMap(({ handler, path, text }): Finding[] => {
      const given = handler.value.timeout
      const outerSeconds =
        handler.event === 'SessionEnd' ? SESSION_END_SECONDS : typeof given === 'number' ? given : DEFAULT_SECONDS[handler.event]
      if (outerSeconds === undefined) return []
      const inPython = path.endsWith('.py')
      const inner = [
        ...text.matchAll(
          inPython ? /\btimeout\s*=\s*(\d+(?:\.\d+)?)/g : /\b(?:timeout|timeoutMs)\s*[:=]\s*(\d[\d_]*)|AbortSignal\.timeout\((\d[\d_]*)\)/g,
        ),
      ]
      return inner.flatMap((match): Finding[] => {
        const given = Number((match[1] ?? match[2] ?? '').replaceAll('_', ''))
        // Python counts in seconds; nobody waits for a thousand of them in a hook, so those are milliseconds.
        const seconds = inPython && given < 1_000 ? given : given / 1_000
        if (seconds <= outerSeconds) return []
        return [
          warn(`waits up to ${seconds} s inside a hook of ${outerSeconds} s`, {
            file: path,
            line: text.slice(0, match.index).split('\n').length,
          }),
        ]
      })
    }),
  ],
}

/** The text of each hook's own script, once for each event that runs it. */
function scriptTexts({ plugins, snapshot }: Project): { handler: HookHandler; path: string; text: string }[] {
  return plugins.flatMap((plugin) =>
    hookHandlers(snapshot, plugin).flatMap((handler) =>
      scriptReferences(plugin, handler.value.command, handler.value.args).flatMap(({ path }) => {
        const text = snapshot.text(path)
        return text === undefined ? [] : [{ handler, path, text }]
      }),
    ),
  )
}

function compile(source: string): RegExp | undefined {
  try {
    return new RegExp(source)
  } catch {
    return undefined
  }
}

export const hookChecks: readonly Check[] = [shape, scripts, quoting, matchers, blocking, payload, timeouts]
