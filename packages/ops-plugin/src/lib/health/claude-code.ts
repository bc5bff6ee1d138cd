// What Claude Code takes, as documented in autumn 2026; a newer release may know more, so what is unknown here is a warning at most.

/** What a plugin's own files begin with, wherever it is installed. */
export const PLUGIN_ROOT = `\${CLAUDE_PLUGIN_ROOT}`
/** What the project's own configuration begins with, whichever folder of it a session works in. */
export const PROJECT_ROOT = `\${CLAUDE_PROJECT_DIR}`

/** Keys of plugin.json; others are dropped at load. */
export const MANIFEST_KEYS: ReadonlySet<string> = new Set(
  `name $schema displayName description license homepage repository keywords version author metadata icon documentationUrl supportUrl
  privacyPolicyUrl termsOfServiceUrl defaultEnabled dependencies settings userConfig types channels skills commands agents hooks mcpServers
  lspServers outputStyles workflows experimental`.split(/\s+/),
)

/** Names that the validator refuses. */
export function isReservedName(name: string): boolean {
  return /^(claude-|anthropic-|anthropics-|cc-plugin-)/.test(name) || ['claude', 'anthropic', 'claude-code', 'claude-mods'].includes(name)
}

/** Hook events that a matcher picks tools for. */
export const TOOL_EVENTS: ReadonlySet<string> = new Set([
  'PreToolUse',
  'PermissionRequest',
  'PermissionDenied',
  'PostToolUse',
  'PostToolUseFailure',
])

/** Events whose hooks can hold something up with exit 2. */
export const BLOCKING_EVENTS: ReadonlySet<string> = new Set([
  'UserPromptSubmit',
  'UserPromptExpansion',
  'PreToolUse',
  'PostToolUse',
  'PostToolBatch',
  'SubagentStop',
  'TaskCreated',
  'TaskCompleted',
  'Stop',
  'TeammateIdle',
  'ConfigChange',
  'PreCompact',
  'PreModelSwitch',
])

/** What each event's matcher is compared with: a closed set, or undefined where it is open; false where it has no matcher. */
export const EVENT_MATCHERS: Readonly<Record<string, readonly string[] | undefined | false>> = {
  SessionStart: ['startup', 'resume', 'clear', 'compact', 'fork'],
  Setup: ['init', 'maintenance'],
  UserPromptSubmit: false,
  UserPromptExpansion: undefined,
  PreToolUse: undefined,
  PermissionRequest: undefined,
  PermissionDenied: undefined,
  PostToolUse: undefined,
  PostToolUseFailure: undefined,
  PostToolBatch: false,
  Notification: [
    'permission_prompt',
    'idle_prompt',
    'auth_success',
    'elicitation_dialog',
    'elicitation_url_dialog',
    'elicitation_complete',
    'elicitation_response',
    'agent_needs_input',
    'agent_completed',
  ],
  MessageDisplay: false,
  SubagentStart: undefined,
  SubagentStop: undefined,
  TaskCreated: false,
  TaskCompleted: false,
  Stop: false,
  StopFailure: undefined,
  TeammateIdle: false,
  InstructionsLoaded: undefined,
  ConfigChange: ['user_settings', 'project_settings', 'local_settings', 'policy_settings', 'skills'],
  CwdChanged: false,
  DirectoryAdded: ['slash_command', 'register_repo_root'],
  FileChanged: undefined,
  WorktreeCreate: false,
  WorktreeRemove: false,
  PreCompact: ['manual', 'auto'],
  PostCompact: ['manual', 'auto'],
  PreModelSwitch: undefined,
  PostModelSwitch: undefined,
  Elicitation: undefined,
  ElicitationResult: undefined,
  SessionEnd: ['clear', 'resume', 'logout', 'prompt_input_exit', 'other'],
}

const COMMON_HANDLER_KEYS = ['type', 'if', 'timeout', 'statusMessage', 'once']

/** Keys of each kind of hook handler, the needed ones first. */
export const HANDLER_KEYS: Readonly<Record<string, { needed: readonly string[]; known: ReadonlySet<string> }>> = {
  command: handler(['command'], ['args', 'async', 'asyncRewake', 'rewakeMessage', 'rewakeSummary', 'shell']),
  http: handler(['url'], ['headers', 'allowedEnvVars']),
  mcp_tool: handler(['server', 'tool'], ['input']),
  prompt: handler(['prompt'], ['model', 'continueOnBlock']),
  agent: handler(['prompt'], ['model']),
}

function handler(needed: readonly string[], more: readonly string[]): { needed: readonly string[]; known: ReadonlySet<string> } {
  return { needed, known: new Set([...COMMON_HANDLER_KEYS, ...needed, ...more]) }
}

/** Tools that come with Claude Code. */
export const BUILT_IN_TOOLS: ReadonlySet<string> = new Set(
  `Agent AskUserQuestion Bash BashOutput CronCreate CronDelete CronList Edit EnterPlanMode EnterWorktree ExitPlanMode ExitWorktree Glob Grep
  KillBash KillShell LS LSP ListMcpResourcesTool Monitor MultiEdit NotebookEdit NotebookRead PowerShell Read ReadMcpResourceTool SendMessage
  Skill SlashCommand Task TaskCreate TaskGet TaskList TaskOutput TaskStop TaskUpdate TeamCreate TeamDelete TodoRead TodoWrite ToolSearch
  WebFetch WebSearch Workflow Write`.split(/\s+/),
)

/** Frontmatter of a plugin's agent that Claude Code does not read there. */
export const IGNORED_AGENT_KEYS: readonly string[] = ['permissionMode', 'hooks', 'mcpServers', 'initialPrompt']

/** Folders that hold a plugin's components: at its root, never inside .claude-plugin. */
export const COMPONENT_FOLDERS: readonly string[] = ['skills', 'commands', 'agents', 'hooks', 'output-styles', 'monitors', 'workflows']

/** Frontmatter of a skill or a command. */
export const SKILL_KEYS: readonly string[] = `name description when_to_use argument-hint arguments disable-model-invocation user-invocable
  allowed-tools disallowed-tools model effort context agent background hooks paths shell metadata license compatibility`.split(/\s+/)

/** Keys of one option under userConfig; any other keeps the plugin from loading. */
export const USER_CONFIG_KEYS: ReadonlySet<string> = new Set([
  'type',
  'title',
  'description',
  'required',
  'default',
  'options',
  'multiple',
  'sensitive',
  'min',
  'max',
])

/** Parts of a plugin in which an unknown key keeps all of it from loading: the needed keys, then the others. */
export const STRICT_PARTS: Readonly<
  Record<'monitors' | 'channels' | 'lspServers', { needed: readonly string[]; known: ReadonlySet<string> }>
> = {
  monitors: strict(['name', 'command', 'description'], ['when']),
  channels: strict(['server'], ['displayName', 'userConfig']),
  lspServers: strict(
    ['command', 'extensionToLanguage'],
    `args env initializationOptions settings workspaceFolder startupTimeout shutdownTimeout requestTimeout restartOnCrash maxRestarts
    diagnostics transport`.split(/\s+/),
  ),
}

function strict(needed: readonly string[], more: readonly string[]): { needed: readonly string[]; known: ReadonlySet<string> } {
  return { needed, known: new Set([...needed, ...more]) }
}
