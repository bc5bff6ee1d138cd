import { configDefaults, defineConfig } from 'vitest/config'

export default defineConfig({
  ssr: { resolve: { conditions: ['@switchyard/source'] } },
  test: {
    include: ['packages/*/{src,test}/**/*.test.ts', 'test/**/*.test.ts', 'bench/src/**/*.test.ts'],
    exclude: [...configDefaults.exclude, '**/*.real.test.ts'],
    pool: 'forks',
    testTimeout: 20_000,
    reporters: ['default', './scripts/closing-line-reporter.ts'],
  },
})
