/** A plugin that works: its files by path. In a checkout it is laid out like the packages beside it. */
export function pluginFiles(name: string, inCheckout: boolean): Readonly<Record<string, string>> {
  return {
    'package.json': `${JSON.stringify(packageJson(name, inCheckout), null, 2)}\n`,
    ...(inCheckout && {
      'turbo.json': '{ "extends": ["//"], "tags": ["plugin"] }\n',
      'tsconfig.build.json': TSCONFIG_BUILD,
    }),
    'README.md': readme(name),
    'src/index.ts': source(name),
    'src/index.test.ts': test(name),
  }
}

const TSCONFIG_BUILD = `{
  "extends": "../../tsconfig.base.json",
  "compilerOptions": { "rootDir": "src", "outDir": "dist" },
  "include": ["src"],
  "exclude": ["src/**/*.test.ts"]
}
`

function packageJson(name: string, inCheckout: boolean): object {
  const base = {
    name: `${name}-plugin`,
    version: '0.1.0',
    description: 'Greets people',
    license: 'MIT',
    type: 'module',
    engines: { node: '>=24' },
  }
  if (!inCheckout) return { ...base, private: true, exports: './src/index.ts' }
  return {
    ...base,
    name: `@switchyard/${name}-plugin`,
    exports: { '.': { '@switchyard/source': './src/index.ts', types: './dist/index.d.ts', default: './dist/index.js' } },
    files: ['dist'],
    scripts: { build: 'tsc -p tsconfig.build.json' },
    dependencies: { '@switchyard/plugin-kit': '0.2.0', zod: '4.6.7' },
    devDependencies: { '@switchyard/testkit': '0.2.0', vitest: '5.1.0' },
  }
}

function readme(name: string): string {
  return `# ${name}

Greets people.

\`\`\`sh
npx switchyard ${name} hello --name Ada
\`\`\`
`
}

function source(name: string): string {
  return `import { command, definePlugin } from '@switchyard/plugin-kit'
import { z } from 'zod'

const hello = command({
  summary: 'Say hello to somebody',
  examples: ['say hello to ada', 'greet somebody', 'say hi to my team', 'welcome a person by name'],
  effect: 'read',
  input: z.object({ name: z.string().min(1).describe('Who is greeted').default('world') }),
  output: z.object({ text: z.string() }),
  run: ({ name }) => ({ text: \`Hello, \${name}\` }),
})

export default definePlugin({
  name: '${name}',
  version: '0.1.0',
  summary: 'Greets people',
  commands: { hello },
})
`
}

function test(name: string): string {
  const variable = name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase())
  return `import { createTestYard, pluginContract } from '@switchyard/testkit'
import { describe, expect, it } from 'vitest'
import ${variable} from './index.ts'

describe('${name}', () => {
  for (const { name, run } of pluginContract(${variable})) it(name, run)

  it('says hello by name', async () => {
    await using kit = await createTestYard({ plugins: [${variable}] })
    expect(await kit.call('${name}.hello', { name: 'Ada' })).toEqual({ text: 'Hello, Ada' })
  })
})
`
}
