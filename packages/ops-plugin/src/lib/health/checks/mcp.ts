import { type Check, type Finding, fail, warn } from '../check.ts'
import { PLUGIN_ROOT } from '../claude-code.ts'
import { giveType, rootServers } from '../claude-fixes.ts'
import { type McpServer, mcpServers, scriptReferences } from '../claude-plugin.ts'
import { isObject, isText, objectAt, readJson } from '../document.ts'
import { type ClaudePlugin, dependenciesOf, type Project } from '../project.ts'

const hasServers = ({ loaded, snapshot }: Project): boolean => loaded.some((plugin) => mcpServers(snapshot, plugin).length > 0)
const hasConfig = (project: Project): boolean =>
  hasServers(project) || project.loaded.some((plugin) => project.snapshot.has(plugin.at('.mcp.json')))

const eachServer = ({ loaded, snapshot }: Project, judge: (server: McpServer, plugin: ClaudePlugin) => readonly Finding[]): Finding[] =>
  loaded.flatMap((plugin) => mcpServers(snapshot, plugin).flatMap((server) => judge(server, plugin)))

const placeOf = ({ document, at }: McpServer, ...keys: string[]): { file: string; line: number } => ({
  file: document.path,
  line: document.lineOf(...at, ...keys),
})

const config: Check = {
  id: 'mcp.config',
  domain: 'mcp',
  title: 'Each MCP server can be started or reached as it is configured',
  weight: 6,
  mend: 'give a stdio server a command and a remote one a type and a url',
  fix: giveType,
  applies: hasConfig,
  run: (project) => [
    ...project.loaded.flatMap((plugin): Finding[] => {
      const document = readJson(project.snapshot, plugin.at('.mcp.json'))
      if (document === undefined) return []
      if (document.mistake !== undefined) return [fail(document.mistake.message, { file: document.path, line: document.mistake.line })]
      return isObject(document.value) ? [] : [fail('must be an object', { file: document.path })]
    }),
    ...eachServer(project, (server): Finding[] => {
      const { command, url, type } = server.value
      if (type !== undefined && !['stdio', 'http', 'streamable-http', 'sse', 'ws'].includes(String(type)))
        return [fail(`server "${server.name}" is of no known type: ${JSON.stringify(type)}`, placeOf(server, 'type'))]
      const isRemote = type !== undefined && type !== 'stdio'
      if (isRemote && !isText(url)) return [fail(`server "${server.name}" has no url`, placeOf(server))]
      if (!isRemote && !isText(command))
        return [fail(`server "${server.name}" has no command${isText(url) ? ', and its url needs a type' : ''}`, placeOf(server))]
      return []
    }),
  ],
}

const scripts: Check = {
  id: 'mcp.scripts',
  domain: 'mcp',
  title: 'Each MCP server’s script is in what gets installed',
  weight: 8,
  mend: `keep the built server in git (one bundled file needs no install), and name it by ${PLUGIN_ROOT}/…`,
  fix: rootServers,
  applies: (project) =>
    eachServer(project, (server, plugin) => (scriptReferences(plugin, server.value.command, argsOf(server)).length > 0 ? [fail('')] : []))
      .length > 0,
  run: (project) =>
    eachServer(project, (server, plugin) =>
      scriptReferences(plugin, server.value.command, argsOf(server)).flatMap((script): Finding[] => {
        const place = placeOf(server, 'args')
        const { snapshot } = project
        if (script.path.startsWith('..')) return [fail(`leaves the ${plugin.scope}: ${script.text}`, place)]
        // A project’s own servers are started in its root.
        if (!script.isRooted && plugin.scope === 'plugin' && !isRunFromRoot(server))
          return [fail(`starts ${script.text}, which is looked for in the user’s folder: begin it with ${PLUGIN_ROOT}/`, place)]
        if (snapshot.has(script.path) || snapshot.hasFolder(script.path)) return []
        if (plugin.scope === 'project' && snapshot.ignores(script.path)) return []
        return [
          fail(
            `starts ${script.path}, which ${snapshot.ignores(script.path) ? 'git ignores: installing builds nothing' : 'is not there'}`,
            place,
          ),
        ]
      }),
    ),
}

const argsOf = ({ value }: McpServer): unknown => value.args ?? []
const isRunFromRoot = ({ value }: McpServer): boolean => /CLAUDE_PLUGIN_ROOT/.test(String(value.cwd ?? ''))

const sdk: Check = {
  id: 'mcp.sdk',
  domain: 'mcp',
  title: 'A server of the plugin’s own is made with the MCP SDK that it declares',
  weight: 4,
  mend: 'add @modelcontextprotocol/server to the dependencies, in an exact or minor range',
  applies: (project) => project.plugins.some((plugin) => ownNodeServers(project, plugin).length > 0),
  run: (project) =>
    project.plugins.flatMap((plugin) => {
      if (ownNodeServers(project, plugin).length === 0) return []
      const document = readJson(project.snapshot, plugin.at('package.json'))
      const manifest = objectAt({ value: document?.value }, 'value')
      const declared = dependenciesOf(manifest).some(({ name }) =>
        /^@modelcontextprotocol\/(sdk|server|core)$|^fastmcp$|^@switchyard\//.test(name),
      )
      return declared ? [] : [warn('declares no MCP SDK', { file: plugin.at('package.json'), line: document?.lineOf('dependencies') })]
    }),
}

/** Servers run by Node from a package of the plugin's own. */
function ownNodeServers({ snapshot }: Project, plugin: ClaudePlugin): readonly McpServer[] {
  if (!snapshot.has(plugin.at('package.json'))) return []
  return mcpServers(snapshot, plugin).filter((server) =>
    scriptReferences(plugin, server.value.command, argsOf(server)).some(({ text }) => /\.[cm]?[jt]s$/.test(text)),
  )
}

const transport: Check = {
  id: 'mcp.transport',
  domain: 'mcp',
  title: 'Remote MCP servers are reached over TLS, with credentials from outside of the file',
  weight: 6,
  mend: `use https and \${VARIABLE} in headers and env`,
  applies: hasServers,
  run: (project) =>
    eachServer(project, (server): Finding[] => {
      const findings: Finding[] = []
      const url = server.value.url
      if (isText(url) && /^http:\/\//.test(url) && !/^http:\/\/(localhost|127\.|\[::1\])/.test(url))
        findings.push(fail(`reaches "${server.name}" over an unprotected connection`, placeOf(server, 'url')))
      for (const group of ['headers', 'env']) {
        for (const [key, value] of Object.entries(objectAt(server.value, group))) {
          if (typeof value !== 'string' || value.includes(`\${`) || !isCredential(key, value)) continue
          findings.push(fail(`holds a credential in ${group}.${key}`, placeOf(server, group, key)))
        }
      }
      return findings
    }),
}

const isCredential = (key: string, value: string): boolean =>
  /authorization|token|secret|api[-_]?key|password/i.test(key) &&
  value.length >= 8 &&
  !/^(true|false|\d+|your|<|xxx|changeme|none|null|\/|\.)/i.test(value)

const BUILT = /(^|\/)(dist|build|out|bundle)\//

const build: Check = {
  id: 'mcp.build',
  domain: 'mcp',
  title: 'A server that is compiled has something that compiles it',
  weight: 3,
  mend: 'add a build script to the package.json of the plugin, such as one that bundles the server into one file',
  applies: (project) => project.plugins.some((plugin) => builtServers(project, plugin).length > 0),
  run: (project) =>
    project.plugins.flatMap((plugin) => {
      if (builtServers(project, plugin).length === 0) return []
      const document = readJson(project.snapshot, plugin.at('package.json'))
      const scripts = objectAt(document?.value, 'scripts')
      const isBuilt = Object.entries(scripts).some(([name, line]) => /^(build|prepare|prepack|bundle)\b/.test(name) && isText(line))
      return isBuilt
        ? []
        : [warn('has no script that builds the server', { file: plugin.at('package.json'), line: document?.lineOf('scripts') })]
    }),
}

const builtServers = (project: Project, plugin: ClaudePlugin): readonly McpServer[] =>
  ownNodeServers(project, plugin).filter((server) =>
    scriptReferences(plugin, server.value.command, argsOf(server)).some(({ path }) => BUILT.test(path)),
  )

export const mcpChecks: readonly Check[] = [config, scripts, sdk, build, transport]
