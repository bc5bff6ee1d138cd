import { appendFileSync } from 'node:fs'
import type { Reporter, TestModule } from 'vitest/node'

/**
 * Ends a run with the plain line "N passed, N failed", which a script can read. It is added to the file CLOSING_LINES too, where there is
 * one, so that a script can sum up several runs.
 */
export default class ClosingLineReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const count = { passed: 0, failed: unhandledErrors.length, skipped: 0, pending: 0 }
    for (const module of modules) {
      if (module.errors().length > 0) count.failed++
      for (const test of module.children.allTests()) count[test.result().state]++
    }
    if (count.skipped > 0) process.stdout.write(`\n${count.skipped} skipped\n`)
    const line = `${count.passed} passed, ${count.failed + count.pending} failed\n`
    process.stdout.write(`\n${line}`)
    if (process.env.CLOSING_LINES !== undefined) appendFileSync(process.env.CLOSING_LINES, line)
  }
}
