import type { TestFile } from '@switchyard/testkit'
import type { Facts } from '../src/lib/health/facts.ts'

type Files = Readonly<Record<string, TestFile>>

/** For each check: a tree that passes, one that does not, and one that it says nothing about. */
export interface Fixture {
  readonly pass: Files
  readonly wrong: Files
  /** Undefined for a check that applies to everything. */
  readonly none: Files | undefined
  /** What is wrong with `wrong`: the worst status, and `file:line note` of the first finding. */
  readonly found: readonly ['fail' | 'warn', string]
  /** Whether the trees are git repositories, and whether git tracks what is in them. */
  readonly git?: 'untracked' | 'tracked'
  /** What was learned beside the files of `pass`, `wrong` and `none`. */
  readonly facts?: { readonly pass: Facts; readonly wrong: Facts; readonly none?: Facts }
  /** A tree that the check's fix makes pass, where `wrong` is not one. */
  readonly fixable?: Files
  /** The check's fix can do no more than lessen this. */
  readonly leaves?: 'warn' | 'fail'
}

const json = (value: unknown): string => JSON.stringify(value, null, 2)
const text = (...lines: string[]): string => `${lines.join('\n')}\n`
const plugin = (fields: object = {}): Files => ({
  '.claude-plugin/plugin.json': json({ name: 'demo', version: '1.0.0', description: 'Shows', ...fields }),
})
const pkg = (fields: object = {}): Files => ({
  'package.json': json({ name: 'demo', version: '1.0.0', description: 'Shows', license: 'MIT', ...fields }),
})
const hooks = (events: object): Files => ({ ...plugin(), 'hooks/hooks.json': json({ hooks: events }) })
const hook = (handler: object, { event = 'PreToolUse', matcher = 'Bash' }: { event?: string; matcher?: string } = {}): Files =>
  hooks({ [event]: [{ matcher, hooks: [{ type: 'command', ...handler }] }] })
const server = (value: object): Files => ({ ...plugin(), '.mcp.json': json({ mcpServers: { main: value } }) })
const skill = (head: string, body = 'Do it.'): Files => ({ ...plugin(), 'skills/go/SKILL.md': text('---', head, '---', body) })
const root = (path: string): string => `\${CLAUDE_PLUGIN_ROOT}/${path}`
const program = (body: string): TestFile => ({ text: `#!/usr/bin/env node\n${body}\n`, executable: true })
const words = Array.from({ length: 50 }, (_, index) => `word${index}`).join(' ')
const nothing: Files = { 'notes.txt': 'nothing else' }

/** Put together here, so that no scanner takes this file for a leak. */
const githubToken = `ghp_${'aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0dF3hJ6'}`
const conflict = text(`${'<'.repeat(7)} ours`, 'a', '='.repeat(7), 'b', `${'>'.repeat(7)} theirs`)

const locked: Files = {
  ...pkg({ dependencies: { left: '^1.0.0' } }),
  'package-lock.json': json({ lockfileVersion: 3, packages: { 'node_modules/left': { version: '1.0.0' } } }),
}

export const FIXTURES: Readonly<Record<string, Fixture>> = {
  'structure.manifest': {
    pass: {
      ...pkg({ type: 'module', main: 'a.js', scripts: {} }),
      'Cargo.toml': text('[package]', 'name = "demo"', 'edition = "2024"'),
      'go.mod': 'module example.com/demo\n',
    },
    wrong: { 'package.json': text('{', '  "name": "demo"', '  "version": "1.0.0"', '}') },
    none: nothing,
    found: ['fail', 'package.json:3 comma expected'],
    fixable: {
      'package.json': json({ name: 'demo', version: '1.0.0', main: 'src/a.js', devDependencies: { vitest: '5.1.0' } }),
      'src/a.js': text('export const a = 1'),
      'README.md': text('# Demo', '', 'Shows how a project can be described by itself. More words follow here.'),
      LICENSE: text('MIT License'),
    },
  },
  'structure.layout': {
    pass: { ...pkg(), 'src/a.ts': '', 'vite.config.ts': '', 'Cargo.toml': text('[package]', 'name = "demo"'), 'src/lib.rs': '' },
    wrong: { 'Cargo.toml': text('[package]', 'name = "demo"'), 'lib.rs': '' },
    none: { 'go.mod': 'module example.com/a' },
    found: ['fail', 'Cargo.toml:1 its package has neither src/main.rs nor src/lib.rs'],
  },
  'structure.tsconfig-strict': {
    pass: { 'tsconfig.json': '{ "extends": "./base.json", }', 'base.json': '{ "compilerOptions": { "strict": true } } // all' },
    wrong: { 'tsconfig.json': text('{', '  "compilerOptions": {', '    "strict": false', '  }', '}') },
    none: pkg(),
    found: ['warn', 'tsconfig.json:3 switches strict off'],
  },
  'structure.ignore-file': {
    pass: { ...pkg(), '.env.example': 'A=', '.gitignore': text('node_modules/', '.env') },
    wrong: { ...pkg(), '.env.example': 'A=', '.gitignore': 'node_modules\n' },
    none: nothing,
    found: ['warn', '.gitignore does not keep out .env'],
  },
  'structure.entry-point': {
    pass: { ...pkg({ main: './dist/index.js', scripts: { build: 'tsc' } }), '.gitignore': 'dist/\n' },
    wrong: pkg({ main: './index.js' }),
    none: pkg(),
    found: ['fail', 'package.json:6 main names ./index.js, which is not there'],
  },
  'structure.workspaces': {
    pass: { ...pkg({ workspaces: ['packages/*'] }), 'packages/a/package.json': json({ name: 'a' }) },
    wrong: pkg({ workspaces: ['packages/*'] }),
    none: pkg(),
    found: ['fail', 'package.json:6 workspace pattern "packages/*" takes in no package'],
  },
  'docs.readme': {
    pass: { 'README.md': words },
    wrong: { 'README.md': 'To do' },
    none: undefined,
    found: ['warn', 'README.md is a stub of 2 words'],
    fixable: {
      ...pkg({ description: 'Shows how a project can describe itself in a few plain words', scripts: { test: 'node --test' } }),
      'src/a.js': '',
      'docs/a.md': '',
    },
  },
  'docs.license': {
    pass: { ...pkg(), 'LICENSE.md': 'MIT' },
    wrong: pkg(),
    none: { 'package.json': json({ name: 'demo', private: true }) },
    found: ['fail', ' there is no LICENSE file'],
    fixable: pkg({ author: 'Ada Lovelace <ada@example.com>' }),
  },
  'docs.links': {
    pass: {
      'README.md': text('[a](docs/a.md#top), [web](https://example.com/x), `[c](c.md)`', '```', '[d](d.md)', '```'),
      'docs/a.md': '[back](/README.md), [all](.), [up](../), [here](../docs/), [pictures](img/)',
      'docs/img/a.png': 'x',
    },
    wrong: { 'README.md': text('Read', '', '[this](docs/a.md "first") or', '[ref]: gone%20too.md') },
    none: nothing,
    found: ['warn', 'README.md:3 links to docs/a.md, which is not there'],
  },
  'docs.architecture': {
    pass: { ...sources(101), 'docs/architecture.md': 'Parts' },
    wrong: sources(101),
    none: sources(100),
    found: ['warn', ' there is no page about how the parts hang together'],
  },
  'dependencies.lockfile': {
    pass: { ...pkg({ dependencies: { zod: '4.0.0' } }), 'package-lock.json': '{}' },
    wrong: { 'pyproject.toml': text('[project]', 'name = "demo"', 'dependencies = ["httpx"]') },
    none: pkg(),
    found: ['fail', ' Python has dependencies and no lock file: uv lock'],
  },
  'dependencies.lockfile-in-step': {
    pass: {
      ...pkg({ dependencies: { zod: '^4.0.0' } }),
      'package-lock.json': json({ lockfileVersion: 3, packages: { '': { version: '1.0.0', dependencies: { zod: '^4.0.0' } } } }),
      'go.mod': text('module example.com/demo', 'require (', '\tgithub.com/a/b v1.2.3', ')'),
      'go.sum': 'github.com/a/b v1.2.3 h1:abc=\ngithub.com/a/b v1.2.3/go.mod h1:abc=\n',
    },
    wrong: {
      ...pkg({ dependencies: { zod: '^4.1.0' } }),
      'package-lock.json': json({ lockfileVersion: 3, packages: { '': { version: '1.0.0', dependencies: { zod: '^4.0.0' } } } }),
    },
    none: pkg(),
    found: ['fail', 'package.json:7 wants zod ^4.1.0, package-lock.json has ^4.0.0'],
  },
  'dependencies.runtime-declared': {
    pass: { ...pkg({ engines: { node: '>=24' } }), 'go.mod': text('module example.com/demo', 'go 1.26') },
    wrong: { 'Cargo.toml': text('[package]', 'name = "demo"') },
    none: nothing,
    found: ['warn', 'Cargo.toml declares no rust-version'],
    fixable: { ...pkg(), '.nvmrc': 'v24.1.0\n' },
  },
  'dependencies.versions-in-step': {
    pass: workspace({ b: '^1.0.0', zod: '4.0.0' }),
    wrong: workspace({ b: '^2.0.0', zod: '3.0.0' }),
    none: pkg({ dependencies: { zod: '4.0.0' } }),
    found: ['fail', 'packages/a/package.json:4 wants b ^2.0.0, and it is at 1.0.0 here'],
  },
  'dependencies.sources': {
    pass: pkg({ dependencies: { zod: '^4', left: 'github:a/left#0123456789abcdef0123456789abcdef01234567' } }),
    wrong: pkg({ dependencies: { zod: 'latest' } }),
    none: pkg(),
    found: ['warn', 'package.json:7 takes any version of zod: "latest"'],
  },
  'dependencies.vulnerabilities': {
    pass: locked,
    wrong: locked,
    none: locked,
    found: ['fail', 'package-lock.json left 1.0.0: high, it can be made to wait for ever'],
    facts: {
      pass: { registry: { advisories: [], latest: new Map() } },
      wrong: {
        registry: {
          advisories: [{ name: 'left', version: '1.0.0', severity: 'high', title: 'it can be made to wait for ever', url: '' }],
          latest: new Map(),
        },
      },
    },
  },
  'dependencies.outdated': {
    pass: locked,
    wrong: locked,
    none: locked,
    found: ['warn', 'package.json:7 left is at 1.0.0, the newest is 2.1.0'],
    facts: {
      pass: { registry: { advisories: [], latest: new Map([['left', '1.9.0']]) } },
      wrong: { registry: { advisories: [], latest: new Map([['left', '2.1.0']]) } },
    },
  },
  'quality.open-notes': {
    pass: { 'a.ts': text(...Array.from({ length: 20 }, () => `// ${'TO'}DO: one more`), `const text = '${'TO'}DO'`) },
    wrong: { 'a.ts': text('const a = 1', ...Array.from({ length: 21 }, () => `// ${'FIX'}ME: one more`)) },
    none: nothing,
    found: ['warn', `a.ts:2 has a ${'FIX'}ME`],
  },
  'quality.clean-tree': {
    pass: { 'a.txt': 'a' },
    wrong: { 'a.txt': 'a' },
    none: nothing,
    found: ['warn', 'a.txt differs from the last commit'],
    facts: { pass: { git: { changed: [], commits: 2 } }, wrong: { git: { changed: ['a.txt'], commits: 2 } } },
  },
  'quality.history': {
    pass: { 'a.txt': 'a' },
    wrong: { 'a.txt': 'a' },
    none: nothing,
    found: ['warn', ' there is one commit'],
    facts: { pass: { git: { changed: [], commits: 2 } }, wrong: { git: { changed: [], commits: 1 } } },
  },
  'quality.suppressions': {
    pass: {
      'switchyard.health.json': json({ suppress: [{ check: 'files.large', reason: 'pictures for the page', until: '2027-01-01' }] }),
    },
    wrong: {
      'switchyard.health.json': json({ suppress: [{ check: 'files.large', reason: 'pictures for the page', until: '2026-01-01' }] }),
    },
    none: nothing,
    found: ['warn', 'switchyard.health.json:6 files.large was accepted until 2026-01-01'],
    facts: { pass: { today: '2026-11-21' }, wrong: { today: '2026-11-21' } },
  },
  'quality.build-succeeds': ranStep('build', 'npm run build'),
  'quality.typecheck-passes': ranStep('typecheck', 'npm run typecheck'),
  'quality.tests-pass': ranStep('test', 'npm test'),
  'quality.tests-exist': {
    pass: {
      ...pkg(),
      'src/a.ts': '',
      'src/a.test.ts': '',
      'Cargo.toml': '[package]\nname="a"',
      'src/lib.rs': '#[cfg(test)]\nmod tests {}',
    },
    wrong: { 'go.mod': 'module example.com/a', 'main.go': 'package main' },
    none: nothing,
    found: ['fail', ' go sources and no test file'],
  },
  'quality.test-script': {
    pass: pkg({ scripts: { test: 'vitest run' } }),
    wrong: pkg({ scripts: { test: 'echo "Error: no test specified" && exit 1' } }),
    none: nothing,
    found: ['fail', 'package.json:7 its test script tests nothing'],
    fixable: pkg({ devDependencies: { vitest: '5.1.0' } }),
  },
  'quality.build-script': {
    pass: { ...pkg({ main: 'dist/a.js', scripts: { build: 'tsc' } }), 'tsconfig.json': '{}' },
    wrong: { ...pkg({ main: 'dist/a.js', scripts: { test: 'vitest' } }), 'tsconfig.json': '{}' },
    none: pkg({ main: 'dist/a.js' }),
    found: ['warn', 'package.json:7 publishes compiled files and has no build script'],
  },
  'quality.typecheck-script': {
    pass: { ...pkg({ scripts: { check: 'biome check && tsc --noEmit' } }), 'tsconfig.json': '{}' },
    wrong: { ...pkg({ scripts: { test: 'vitest' } }), 'tsconfig.json': '{}' },
    none: pkg(),
    found: ['warn', 'package.json:6 no script checks the types'],
  },
  'quality.ci': {
    pass: { ...pkg(), '.github/workflows/test.yml': 'on: push' },
    wrong: pkg(),
    none: plugin(),
    found: ['warn', ' no CI configuration that is known here'],
  },
  'quality.conflict-markers': {
    pass: { 'a.md': text('Title', '='.repeat(7), `${'<'.repeat(7)} is how a conflict begins`) },
    wrong: { 'a.md': text('Title', conflict) },
    none: {},
    found: ['fail', 'a.md:2 has the markers of a merge conflict'],
  },
  'quality.shebang': {
    pass: { 'run.sh': program('1'), 'a.txt': 'a' },
    wrong: { 'run.sh': { text: 'echo hello', executable: true }, 'a.txt': 'a' },
    none: nothing,
    found: ['warn', 'run.sh is executable and has no #! line'],
  },
  'files.large': {
    pass: { 'a.bin': Buffer.alloc(1024) },
    wrong: { 'a.bin': Buffer.alloc(6 * 1024 * 1024) },
    none: {},
    found: ['warn', 'a.bin is 6 MB'],
  },
  'files.links': {
    pass: { 'a.txt': 'a', 'b.txt': { link: 'a.txt' }, 'docs/c.txt': { link: '../a.txt' } },
    wrong: { 'a.txt': { link: '../../../etc/passwd' } },
    none: nothing,
    found: ['fail', 'a.txt links out of the project, to ../../../etc/passwd'],
  },
  'files.readable': {
    pass: nothing,
    wrong: {
      'inner/.git/HEAD': 'ref: refs/heads/main\n',
      'inner/.git/objects/': '',
      'inner/.git/refs/': '',
      'inner/a.txt': 'a',
      'a.txt': 'a',
    },
    none: undefined,
    found: ['warn', 'inner/ is a repository of its own and was not entered'],
    git: 'untracked',
  },
  'files.encoding': {
    pass: { 'a.md': 'grün' },
    wrong: { 'a.md': Buffer.concat([Buffer.from('one\ntwo '), Buffer.from([0xff, 0xfe, 0x41])]) },
    none: { 'a.bin': 'x' },
    found: ['warn', 'a.md:2 holds bytes that are no UTF-8'],
  },
  'files.case-collision': {
    pass: { 'a.txt': 'a', 'b.txt': 'b' },
    wrong: { 'Read.txt': 'a', 'read.txt': 'b' },
    none: { 'a.txt': 'a' },
    found: ['fail', 'read.txt differs from Read.txt in case alone'],
  },
  'files.generated': {
    pass: nothing,
    wrong: { 'node_modules/zod/index.js': '', 'node_modules/zod/b.js': '', 'src/x.pyc': 'x' },
    none: undefined,
    found: ['fail', 'node_modules/ is generated and kept in git'],
    git: 'tracked',
  },
  'security.secrets': {
    pass: { 'a.ts': `const token = 'ghp_${'x'.repeat(36)}'` },
    wrong: { 'a.ts': text('const a = 1', `const token = '${githubToken}'`) },
    none: {},
    found: ['fail', 'a.ts:2 looks like a GitHub token'],
  },
  'security.secret-files': {
    pass: { '.env.example': 'TOKEN=', '.gitignore': '.env', '.env': 'TOKEN=abc' },
    wrong: { '.env': 'TOKEN=abc' },
    none: {},
    found: ['fail', '.env is made to hold secrets and is not kept out by .gitignore'],
  },
  'security.workflows': {
    pass: { '.github/workflows/a.yml': text('steps:', '  - uses: actions/checkout@v6', `  - uses: a/b@${'0123456789'.repeat(4)} # v1`) },
    wrong: { '.github/workflows/a.yml': text('steps:', '  - uses: a/b@v1') },
    none: nothing,
    found: ['warn', '.github/workflows/a.yml:2 runs a/b at v1, which its owner can change'],
  },
  'plugin.manifest': {
    pass: plugin(),
    wrong: plugin({ name: 'claude-demo', wat: 1 }),
    none: pkg(),
    found: ['fail', '.claude-plugin/plugin.json:2 its name is reserved: "claude-demo"'],
    fixable: { '.claude-plugin/plugin.json': json({ name: 'demo' }), ...pkg() },
  },
  'plugin.paths': {
    pass: { ...plugin({ commands: './extra/', agents: ['./agents/a.md'] }), 'extra/a.md': 'a', 'agents/a.md': 'a' },
    wrong: plugin({ commands: ['./extra/'] }),
    none: plugin(),
    found: ['fail', '.claude-plugin/plugin.json:6 commands names ./extra/, which is not there'],
    fixable: { ...plugin({ commands: 'extra/', agents: ['agents/a.md'] }), 'extra/a.md': 'a', 'agents/a.md': 'a' },
  },
  'plugin.layout': {
    pass: { ...plugin(), 'skills/go/SKILL.md': 'a' },
    wrong: { ...plugin(), '.claude-plugin/skills/go/SKILL.md': 'a' },
    none: nothing,
    found: ['fail', '.claude-plugin/skills is never loaded from here'],
  },
  'plugin.version-drift': {
    pass: { ...plugin(), ...pkg(), 'src/server.ts': `new McpServer({ name: 'demo', version: '1.0.0' })` },
    wrong: { ...plugin(), ...pkg(), 'src/server.ts': text('', `new McpServer({ name: 'demo', version: '0.9.0' })`) },
    none: plugin(),
    found: ['fail', 'src/server.ts:2 says 0.9.0, .claude-plugin/plugin.json says 1.0.0'],
  },
  'plugin.marketplace': {
    pass: marketplace({ name: 'demo', source: './plugins/demo' }),
    wrong: marketplace({ name: 'demo', source: './demo' }),
    none: plugin(),
    found: ['fail', '.claude-plugin/marketplace.json:7 "demo" is not where it is said to be: ./demo'],
  },
  'plugin.user-config': {
    pass: {
      ...plugin({ userConfig: { token: { type: 'string', title: 'Token', description: 'Of the service' } } }),
      '.mcp.json': `{"a":{"command":"a","env":{"T":"\${user_config.token}"}}}`,
    },
    wrong: { ...plugin(), '.mcp.json': `{"a":{"command":"a","env":{"T":"\${user_config.token}"}}}` },
    none: plugin(),
    found: ['fail', `.mcp.json:1 uses \${user_config.token}, which is not declared`],
  },
  'plugin.strict-parts': {
    pass: {
      ...plugin({ channels: [{ server: 'main' }] }),
      'monitors/monitors.json': json([{ name: 'a', command: 'tail -f a.log', description: 'Watches' }]),
      '.lsp.json': json({ go: { command: 'gopls', extensionToLanguage: { '.go': 'go' } } }),
    },
    wrong: plugin({ lspServers: { go: { command: 'gopls', extensionToLanguage: {}, timeout: 5 } } }),
    none: plugin(),
    found: ['fail', '.claude-plugin/plugin.json:9 an entry of lspServers has the unknown key "timeout"'],
  },
  'plugin.readme': {
    pass: { 'plugins/demo/.claude-plugin/plugin.json': json({ name: 'demo' }), 'plugins/demo/README.md': words },
    wrong: { 'plugins/demo/.claude-plugin/plugin.json': json({ name: 'demo' }) },
    none: plugin(),
    found: ['warn', 'plugins/demo there is no README'],
  },
  'skills.present': {
    pass: skill('description: Goes'),
    wrong: { ...plugin(), 'skills/go.md': 'Go' },
    none: plugin(),
    found: ['fail', 'skills has no skill that is loaded'],
  },
  'skills.frontmatter': {
    pass: skill('name: go\ndescription: |\n  Goes\n  there'),
    wrong: { ...plugin(), 'skills/go/SKILL.md': text('# Go', '', 'Goes wherever it is told to go. Then it comes back.') },
    none: plugin(),
    found: ['fail', 'skills/go/SKILL.md:1 has no frontmatter, so nothing says when to use it'],
  },
  'skills.description': {
    pass: skill('name: go\ndescription: Goes where it is told to go'),
    wrong: skill('name: go\nallowed-tools: Read', 'Goes wherever it is told to go. Then it comes back.'),
    none: plugin(),
    found: ['fail', 'skills/go/SKILL.md:1 has no description'],
  },
  'skills.router': {
    pass: { ...skill(''), 'skills/demo/SKILL.md': 'a', 'skills/stay/SKILL.md': 'a' },
    wrong: { ...skill(''), 'skills/come/SKILL.md': 'a', 'skills/stay/SKILL.md': 'a' },
    none: skill(''),
    found: ['warn', 'skills none of its 3 skills is called "demo"'],
  },
  'skills.tool-names': {
    pass: {
      ...skill('description: Goes\nallowed-tools: Read, Bash(git log:*), mcp__plugin_demo_main__run'),
      '.mcp.json': '{"main":{"command":"a"}}',
    },
    wrong: { ...skill('description: Goes\nallowed-tools:\n  - mcp__main__*'), '.mcp.json': '{"main":{"command":"a"}}' },
    none: skill('description: Goes'),
    found: ['fail', 'skills/go/SKILL.md:3 names mcp__main__*, which matches nothing: the plugin’s own tools are mcp__plugin_demo_main__…'],
  },
  'skills.argument-hint': {
    pass: skill('description: Goes\nargument-hint: "[where]"', 'Go to $ARGUMENTS'),
    wrong: skill('description: Goes', 'Go to $ARGUMENTS'),
    none: skill('description: Goes'),
    found: ['warn', 'skills/go/SKILL.md:1 takes arguments and has no argument-hint'],
  },
  'skills.examples': {
    pass: { ...skill('description: Goes'), 'skills/go/examples.md': 'So' },
    wrong: skill('description: Goes'),
    none: plugin(),
    found: ['warn', 'skills/go/SKILL.md shows no example'],
  },
  'agents.frontmatter': {
    pass: { ...plugin(), 'agents/a.md': text('---', 'name: a', 'description: Looks', '---', 'You look.') },
    wrong: { ...plugin(), 'agents/a.md': text('---', 'name: a', 'description: Looks', 'permissionMode: plan', '---', 'You look.') },
    none: plugin(),
    found: ['warn', 'agents/a.md:4 sets permissionMode, which is ignored in a plugin’s agent'],
  },
  'hooks.shape': {
    pass: hook({ command: 'true', timeout: 5 }),
    wrong: hook({ command: 'true', foo: 1 }),
    none: plugin(),
    found: ['warn', 'hooks/hooks.json:10 has the unknown key "foo", which is ignored'],
    fixable: {
      ...plugin(),
      'hooks/hooks.json': json({ PreToolUse: [{ matcher: 'Bash', hooks: [{ type: 'command', command: 'true' }] }] }),
    },
  },
  'hooks.scripts': {
    pass: { ...hook({ command: `"${root('bin/a.js')}" --now` }), 'bin/a.js': program('1') },
    wrong: { ...hook({ command: 'node', args: [root('dist/a.js')] }), '.gitignore': 'dist/', 'dist/a.js': '1' },
    none: plugin(),
    found: ['fail', 'hooks/hooks.json:9 runs dist/a.js, which git ignores, so that an install does not have it'],
    fixable: { ...hook({ command: 'node ./bin/a.js', timeout: 5 }), 'bin/a.js': program('1') },
  },
  'hooks.quoting': {
    pass: hook({ command: `node "${root('a.js')}"` }),
    wrong: hook({ command: `node ${root('a.js')}` }),
    none: hook({ command: 'node', args: [root('a.js')] }),
    found: ['warn', `hooks/hooks.json:9 uses ${root('').slice(0, -1)} without quotes`],
  },
  'hooks.matchers': {
    pass: hook({ command: 'true' }, { matcher: 'Write|Edit' }),
    wrong: hook({ command: 'true' }, { event: 'SessionStart', matcher: 'begin' }),
    none: hook({ command: 'true' }, { matcher: '' }),
    found: ['fail', 'hooks/hooks.json:5 "begin" is never sent with SessionStart'],
    fixable: { ...hook({ command: 'true' }, { matcher: 'mcp__main' }), '.mcp.json': '{"main":{"command":"a"}}' },
  },
  'hooks.blocking': {
    pass: { ...hook({ command: 'node', args: [root('a.js')] }), 'a.js': 'process.exit(bad ? 2 : 1)\n// process.exit(2)' },
    wrong: { ...hook({ command: 'node', args: [root('a.js')] }), 'a.js': text('if (bad)', '  process.exit(1)') },
    none: hook({ command: 'true' }),
    found: ['warn', 'a.js:2 ends with 1 on PreToolUse, which does not block'],
  },
  'hooks.payload': {
    pass: { ...hook({ command: 'python3', args: [root('a.py')] }), 'a.py': 'data.get("tool_name")' },
    wrong: { ...hook({ command: 'python3', args: [root('a.py')] }), 'a.py': text('import sys', 'data.get("tool")') },
    none: hook({ command: 'true' }),
    found: ['fail', 'a.py:2 reads "tool", which PreToolUse does not send'],
  },
  'hooks.output': {
    pass: {
      ...hook({ command: 'node', args: [root('a.js')] }, { event: 'SessionStart', matcher: 'startup' }),
      'a.js': `console.log({ hookSpecificOutput: { hookEventName: 'SessionStart', additionalContext: 'a fact' } })`,
    },
    wrong: {
      ...hook({ command: 'node', args: [root('a.js')] }, { event: 'SessionStart', matcher: 'startup' }),
      'a.js': text('', `console.log({ additionalContext: ['a fact'] })`),
    },
    none: hook({ command: 'true' }),
    found: ['fail', 'a.js:2 prints additionalContext outside of hookSpecificOutput, where nothing reads it'],
  },
  'hooks.stop-loop': {
    pass: {
      ...hook({ command: 'node', args: [root('a.js')] }, { event: 'Stop', matcher: '' }),
      'a.js': 'if (!input.stop_hook_active) process.exit(2)',
    },
    wrong: { ...hook({ command: 'node', args: [root('a.js')] }, { event: 'Stop', matcher: '' }), 'a.js': 'process.exit(2)' },
    none: { ...hook({ command: 'node', args: [root('a.js')] }, { event: 'Stop', matcher: '' }), 'a.js': 'process.exit(0)' },
    found: ['warn', 'a.js can block Stop and does not look at stop_hook_active, so it may do so for ever'],
  },
  'hooks.timeouts': {
    pass: { ...hook({ command: 'node', args: [root('a.js')], timeout: 10 }), 'a.js': 'run({ timeout: 5_000 })' },
    wrong: { ...hook({ command: 'node', args: [root('a.js')], timeout: 10 }), 'a.js': text('run({', '  timeout: 60_000 })') },
    none: plugin(),
    found: ['warn', 'a.js:2 waits up to 60 s inside a hook of 10 s'],
  },
  'mcp.config': {
    pass: server({ command: 'node', args: [] }),
    wrong: server({ url: 'https://example.com/mcp' }),
    none: plugin(),
    found: ['fail', '.mcp.json:3 server "main" has no command, and its url needs a type'],
  },
  'mcp.scripts': {
    pass: { ...server({ command: 'node', args: [root('dist/mcp.mjs')] }), 'dist/mcp.mjs': '1' },
    wrong: { ...server({ command: 'node', args: [root('dist/mcp.mjs')] }), '.gitignore': 'dist/', 'dist/mcp.mjs': '1' },
    none: server({ command: 'demo-server' }),
    found: ['fail', '.mcp.json:5 starts dist/mcp.mjs, which git ignores: installing builds nothing'],
    fixable: { ...server({ command: 'node', args: ['./dist/mcp.mjs', '--stdio'] }), 'dist/mcp.mjs': '1' },
  },
  'mcp.sdk': {
    pass: {
      ...server({ command: 'node', args: [root('a.mjs')] }),
      ...pkg({ devDependencies: { '@modelcontextprotocol/server': '2.4.0' } }),
    },
    wrong: { ...server({ command: 'node', args: [root('a.mjs')] }), ...pkg() },
    none: server({ command: 'node', args: [root('a.mjs')] }),
    found: ['warn', 'package.json:1 declares no MCP SDK'],
  },
  'mcp.build': {
    pass: { ...server({ command: 'node', args: [root('dist/a.mjs')] }), ...pkg({ scripts: { build: 'tsup' } }) },
    wrong: { ...server({ command: 'node', args: [root('dist/a.mjs')] }), ...pkg() },
    none: { ...server({ command: 'node', args: [root('server.mjs')] }), ...pkg() },
    found: ['warn', 'package.json:1 has no script that builds the server'],
  },
  'mcp.transport': {
    pass: server({ type: 'http', url: 'https://example.com', headers: { Authorization: `Bearer \${TOKEN}` } }),
    wrong: server({ type: 'http', url: 'https://example.com', headers: { Authorization: 'Bearer abcdefgh12345' } }),
    none: plugin(),
    found: ['fail', '.mcp.json:7 holds a credential in headers.Authorization'],
  },
}

function ranStep(step: 'build' | 'typecheck' | 'test', commandLine: string): Fixture {
  const run = { step, commandLine, tail: 'one line\nwhat went wrong\n' } as const
  return {
    pass: {},
    wrong: {},
    none: {},
    found: ['fail', ` ${commandLine} failed: what went wrong`],
    facts: { pass: { runs: [{ ...run, outcome: 'passed' }] }, wrong: { runs: [{ ...run, outcome: 'failed' }] } },
  }
}

function sources(count: number): Files {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`src/f${index}.py`, '']))
}

function workspace(dependencies: Readonly<Record<string, string>>): Files {
  return {
    ...pkg({ workspaces: ['packages/*'] }),
    'packages/a/package.json': json({ name: 'a', dependencies }),
    'packages/b/package.json': json({ name: 'b', version: '1.0.0', dependencies: { zod: '4.0.0' } }),
  }
}

function marketplace(entry: object): Files {
  return {
    '.claude-plugin/marketplace.json': json({ name: 'market', owner: { name: 'x' }, plugins: [entry] }),
    'plugins/demo/.claude-plugin/plugin.json': json({ name: 'demo' }),
  }
}
