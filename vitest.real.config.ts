import { defineConfig } from 'vitest/config'

/** Tests against the real thing: a container engine, a proxy, an SSH server, a browser. A part that is missing fails them. */
export default defineConfig({
  ssr: { resolve: { conditions: ['@switchyard/source'] } },
  test: {
    include: ['packages/*/{src,test}/**/*.real.test.ts'],
    pool: 'forks',
    testTimeout: 180_000,
    hookTimeout: 120_000,
    // Each starts an engine or a browser of its own and has both cores to itself, as some measure what nobody may notice.
    maxWorkers: 1,
    reporters: ['default', './scripts/closing-line-reporter.ts'],
  },
})
