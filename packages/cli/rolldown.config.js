import { defineConfig } from 'rolldown'

// One file for publishing, so that an installed command starts without looking for its rooms. It lies as deep as the sources
// do, since they read package.json from beside `src`.
export default defineConfig({
  input: 'src/main.ts',
  platform: 'node',
  resolve: {
    conditionNames: ['@switchyard/source', 'import', 'node', 'default'],
    // The "main" of jsonc-parser requires its parts in a way that no bundler sees.
    mainFields: ['module', 'main'],
  },
  output: { file: 'dist/bundle/main.js', format: 'esm', codeSplitting: false },
})
