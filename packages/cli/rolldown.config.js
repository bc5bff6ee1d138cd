import { cpSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { writePage } from '@switchyard/trace-viewer/page-build'
import { defineConfig } from 'rolldown'

// The whole command for publishing, so that an installed one starts without looking for its rooms: a start reads only the files of
// what it does. They lie as deep as the sources do, since those read package.json and the library from beside `src`.
export default defineConfig({
  input: 'src/main.ts',
  platform: 'node',
  // Native parts of the SSH client, which does without where they are not there.
  external: [/\.node$/, 'cpu-features'],
  // What is no ES module looks for its folder by these.
  transform: { define: { __dirname: 'import.meta.dirname', __filename: 'import.meta.filename' } },
  resolve: {
    conditionNames: ['@switchyard/source', 'import', 'node', 'default'],
    // The "main" of jsonc-parser requires its parts in a way that no bundler sees.
    mainFields: ['module', 'main'],
  },
  plugins: [
    {
      name: 'library',
      writeBundle: ({ dir }) => cpSync(new URL('../chain/library', import.meta.url), join(dir, '../../library'), { recursive: true }),
    },
    {
      name: 'compose-schema',
      writeBundle: ({ dir }) => cpSync(composeSchema(), join(dir, '../../compose.schema.json')),
    },
    {
      name: 'trace-page',
      writeBundle: ({ dir }) => writePage(join(dir, '../../trace-page')),
    },
  ],
  output: { dir: 'dist/bundle', cleanDir: true, format: 'esm' },
})

/** Of the package that the deploy plugin has it from. */
function composeSchema() {
  const { resolve } = createRequire(new URL('../deploy-plugin/package.json', import.meta.url))
  return join(dirname(resolve('dclint/package.json')), 'schemas/compose.schema.json')
}
