import { type Check, type Finding, fail, warn } from '../check.ts'
import { BLOCKING_EVENTS, BUILT_IN_TOOLS, EVENT_MATCHERS, HANDLER_KEYS, PLUGIN_ROOT, TOOL_EVENTS } from '../claude-code.ts'
import { nameOwnServers, quoteRoot, rootScripts, wrapHooks } from '../claude-fixes.ts'
import { asList, type HookHandler, hookHandlers, hookSources, rootOf, scriptReferences, toolPrefixes } from '../claude-plugin.ts'
import { isObject, isText } from '../document.ts'
import type { ClaudePlugin, Project } from '../project.ts'

const hasHooks = ({ loaded, snapshot }: Project): boolean => loaded.some((plugin) => hookSources(snapshot, plugin).length > 0)
const hasHandlers = ({ loaded, snapshot }: Project): boolean => loaded.some((plugin) => hookHandlers(snapshot, plugin).length > 0)

const eachHandler = ({ loaded, snapshot }: Project, judge: (handler: HookHandler, plugin: ClaudePlugin) => readonly Finding[]): Finding[] =>
  loaded.flatMap((plugin) => hookHandlers(snapshot, plugin).flatMap((handler) => judge(handler, plugin)))

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
  fix: wrapHooks,
  applies: hasHooks,
  run: (project) => [...project.loaded.flatMap((plugin) => sourceFindings(project, plugin)), ...eachHandler(project, handlerFindings)],
}

function sourceFindings({ snapshot }: Project, plugin: ClaudePlugin): Finding[] {
  return hookSources(snapshot, plugin).flatMap(({ document, at, value }): Finding[] => {
    const file = document.path
    if (document.mistake !== undefined) return [fail(document.mistake.message, { file, line: document.mistake.line })]
    const isFile = document !== plugin.document
    if (plugin.scope === 'project' && value === undefined) return []
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
    ...(value.once === undefined ? [] : [warn('has "once", which is honoured in a skill’s own hooks alone', placeOf(handler, 'once'))]),
    ...(value.type === 'mcp_tool' && handler.event === 'SessionStart'
      ? [warn('is of type "mcp_tool", which SessionStart cannot run: no server is connected yet', placeOf(handler))]
      : []),
  ]
}

const scripts: Check = {
  id: 'hooks.scripts',
  domain: 'hooks',
  title: 'Each hook’s script is there, can be run and is found from any folder',
  weight: 8,
  mend: `name the script by ${PLUGIN_ROOT}/…, keep it in git and make it executable: a missing script lets everything through`,
  fix: rootScripts,
  applies: hasHandlers,
  run: (project) => eachHandler(project, (handler, plugin) => scriptFindings(project, plugin, handler)),
}

function scriptFindings({ snapshot }: Project, plugin: ClaudePlugin, handler: HookHandler): Finding[] {
  const place = placeOf(handler, 'command')
  const isPlugin = plugin.scope === 'plugin'
  if (!isPlugin && JSON.stringify([handler.value.command, handler.value.args]).includes('CLAUDE_PLUGIN_ROOT'))
    return [fail(`names ${PLUGIN_ROOT}, which is empty outside of a plugin: use ${rootOf(plugin)}`, place)]
  return scriptReferences(plugin, handler.value.command, handler.value.args).flatMap((script): Finding[] => {
    if (script.path.startsWith('..')) return [fail(`leaves the ${plugin.scope}: ${script.text}`, place)]
    if (!snapshot.has(script.path)) {
      if (snapshot.hasFolder(script.path)) return []
      if (!script.isRooted)
        return [fail(`runs ${script.text}, which is looked for in the user’s folder and is not in the ${plugin.scope} either`, place)]
      // What is built here need not be in git to run here.
      if (!isPlugin && snapshot.ignores(script.path)) return []
      const why = snapshot.ignores(script.path) ? 'git ignores, so that an install does not have it' : 'is not there'
      return [fail(`runs ${script.path}, which ${why}`, place)]
    }
    if (!script.isRooted) {
      const judge = isPlugin ? fail : warn
      return [judge(`runs ${script.text}, which is looked for in the user’s folder: begin it with ${rootOf(plugin)}/`, place)]
    }
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
  fix: quoteRoot,
  applies: (project) => eachHandler(project, (handler) => (isShellForm(handler) ? [fail('')] : [])).length > 0,
  run: (project) =>
    eachHandler(project, (handler) => {
      const command = String(handler.value.command)
      const name = /(^|[\s=])\$\{?(CLAUDE_PLUGIN_ROOT|CLAUDE_PROJECT_DIR)\}?/.exec(command)?.[2]
      return isShellForm(handler) && name !== undefined && !/^"[^"]*$/.test(command)
        ? [warn(`uses \${${name}} without quotes`, placeOf(handler, 'command'))]
        : []
    }),
}

const isShellForm = ({ value }: HookHandler): boolean =>
  value.args === undefined && /CLAUDE_(PLUGIN_ROOT|PROJECT_DIR)/.test(String(value.command ?? ''))

const matchers: Check = {
  id: 'hooks.matchers',
  domain: 'hooks',
  title: 'Each matcher can match something',
  weight: 6,
  mend: 'correct the matcher: exact names joined by |, or a regular expression',
  fix: nameOwnServers,
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

/** Python scripts often end as their main function returns. */
const EXIT_BY_MAIN = /\b(?:sys\.exit|SystemExit)\(\s*main\(/
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
      const isByMain = EXIT_BY_MAIN.test(text)
      const exit = EXIT.exec(text) ?? (isByMain ? /\breturn ([12])\b/.exec(text) : null)
      if (exit === null) return []
      const place = { file: path, line: text.slice(0, exit.index).split('\n').length }
      if (handler.value.async === true) return [warn(`ends with ${exit[1]} on ${handler.event}, and what is async cannot block`, place)]
      const knowsHow =
        /exit\(?\s*2\b|exitCode = 2|permissionDecision|["']decision["']/.test(text) || (isByMain && /\breturn 2\b/.test(text))
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

const PRINTED = /hookSpecificOutput|additionalContext/

const output: Check = {
  id: 'hooks.output',
  domain: 'hooks',
  title: 'What hook scripts print is in the form that is read',
  weight: 5,
  mend: 'print { "hookSpecificOutput": { "hookEventName": EVENT, "additionalContext": "one text" } }; anything else is dropped in silence',
  applies: (project) => scriptTexts(project).some(({ text }) => PRINTED.test(text)),
  run: (project) =>
    scriptTexts(project).flatMap(({ handler, path, text }): Finding[] => {
      const printed = PRINTED.exec(text)
      if (printed === null) return []
      const place = { file: path, line: text.slice(0, printed.index).split('\n').length }
      if (!text.includes('hookSpecificOutput'))
        return [fail('prints additionalContext outside of hookSpecificOutput, where nothing reads it', place)]
      if (!text.includes('hookEventName')) return [fail('prints hookSpecificOutput without hookEventName, so all of it is dropped', place)]
      const named = [...text.matchAll(/hookEventName["']?\s*[:=]\s*["'](\w+)["']/g)].map((match) => match[1])
      return named.length === 0 || named.includes(handler.event)
        ? []
        : [fail(`answers as ${named.join(', ')} to ${handler.event}, so all of it is dropped`, place)]
    }),
}

const stopLoop: Check = {
  id: 'hooks.stop-loop',
  domain: 'hooks',
  title: 'A hook that keeps Claude from stopping sees that it has done so before',
  weight: 4,
  mend: 'let the session end where stop_hook_active is true',
  applies: (project) => scriptTexts(project).some(keepsGoing),
  run: (project) =>
    scriptTexts(project).flatMap((one): Finding[] =>
      !keepsGoing(one) || one.text.includes('stop_hook_active')
        ? []
        : [warn(`can block ${one.handler.event} and does not look at stop_hook_active, so it may do so for ever`, { file: one.path })],
    ),
}

const keepsGoing = ({ handler, text }: { handler: HookHandler; text: string }): boolean =>
  ['Stop', 'SubagentStop'].includes(handler.event) &&
  handler.value.async !== true &&
  /\b(?:process\.exit\(|sys\.exit\(|exit )\s*2\b|exitCode = 2|["']?decision["']?\s*[:=]\s*["']block["']/.test(text)

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
function scriptTexts({ loaded, snapshot }: Project): { handler: HookHandler; path: string; text: string }[] {
  return loaded.flatMap((plugin) =>
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

export const hookChecks: readonly Check[] = [shape, scripts, quoting, matchers, blocking, payload, output, stopLoop, timeouts]
