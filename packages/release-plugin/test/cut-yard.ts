import { command, definePlugin, type Plugin } from '@switchyard/plugin-kit'
import { createTestYard, type TestYard } from '@switchyard/testkit'
import { z } from 'zod'
import { cutCommands } from '../src/lib/cut/commands.ts'
import { beginCut } from '../src/lib/cut/cut.ts'
import * as events from '../src/lib/cut/events.ts'
import { type CutView, cutView, viewOf } from '../src/lib/cut/view.ts'
import { type ReleasePlan, releasePlan } from '../src/lib/plan/release-plan.ts'
import { recordTables } from '../src/lib/records/tables.ts'

/** The release plugin with one more command, which cuts a plan that a test made itself. */
const cutPlugin: Plugin = definePlugin({
  name: 'release',
  version: '1.0.0',
  summary: 'Cuts plans that are given',
  touches: { plugins: ['chain'] },
  publishes: Object.values(events),
  tables: recordTables,
  commands: {
    ...cutCommands,
    given: command({
      summary: 'Cut a given plan',
      examples: [],
      effect: 'write',
      timeoutMs: 3_600_000,
      input: z.object({ plan: releasePlan, push: z.boolean().default(false), hooks: z.boolean().default(true) }),
      output: cutView,
      plan: () => ({ summary: 'Cut it', steps: [] }),
      run: async ({ plan, ...options }, ctx) => viewOf(await beginCut(plan, options, ctx)),
    }),
  },
})

export interface CutYard extends AsyncDisposable {
  readonly kit: TestYard
  cut(plan: ReleasePlan, options?: { push?: boolean; hooks?: boolean }): Promise<CutView>
  call(name: 'undo' | 'resume' | 'publish' | 'status', input: Record<string, unknown>): Promise<CutView>
}

/** A yard whose clock goes on while something is waited for: faster than the real one, for the waits between tries. */
export async function createCutYard(): Promise<CutYard> {
  const kit = await createTestYard({ plugins: [cutPlugin] })
  return {
    kit,
    cut: (plan, options = {}) => driven(kit, kit.call('release.given', { plan, ...options })) as Promise<CutView>,
    call: (name, input) => driven(kit, kit.call(`release.${name}`, input)) as Promise<CutView>,
    [Symbol.asyncDispose]: () => kit[Symbol.asyncDispose](),
  }
}

/** Waits for a promise while the clock of its yard goes on. */
export async function driven<result>({ clock }: TestYard, promise: Promise<result>): Promise<result> {
  const timer = setInterval(() => clock.advance(200), 5)
  try {
    return await promise
  } finally {
    clearInterval(timer)
  }
}
