import { configDefaults, defineConfig } from 'vitest/config'

export default defineConfig({
  ssr: { resolve: { conditions: ['@switchyard/source'] } },
  test: {
    include: ['packages/*/{src,test}/**/*.test.ts', 'test/**/*.test.ts', 'bench/src/**/*.test.ts'],
    exclude: [...configDefaults.exclude, '**/*.real.test.ts'],
    pool: 'forks',
    // Most of what tests wait for is other processes and the disk, so on two cores two at once are not too many.
    maxWorkers: '100%',
    testTimeout: 20_000,
    reporters: ['default', './scripts/closing-line-reporter.ts'],
  },
})
