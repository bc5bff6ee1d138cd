import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { SwitchyardError } from '@switchyard/contracts'
import { createFakeClock, type FakeClock } from '@switchyard/contracts/testing'
import { definePlugin, on, type Plugin, type Progress, type Question } from '@switchyard/plugin-kit'
import { chainOf, type Decision, inputOf, openYard, type PlannedRun, type RunOptions, type Yard, type YardOptions } from '@switchyard/yard'
import { type DiskState, readDisk, type TestFile, writeFiles } from './disk.ts'
import { notHeard, notRouted } from './errors.ts'
import { createRandom } from './random.ts'

export interface TestYardOptions {
  plugins: readonly Plugin[]
  /** What the workspace holds at first, by relative path. @default an empty folder */
  files?: Readonly<Record<string, TestFile>>
  config?: NonNullable<YardOptions['config']>
  /** @default 1 */
  seed?: number
}

/** An event as it went over the bus. */
export interface HeardMessage {
  readonly topic: string
  /** The plugin that published it. */
  readonly source: string
  readonly payload: unknown
}

/** What became of a request in plain words. */
export interface RequestOutcome {
  readonly decision: Decision
  /** The result of each part, in order. */
  readonly results: readonly unknown[]
  /** The run of each part that changes something, to be undone with `undo`. */
  readonly runs: readonly PlannedRun[]
}

/** A real yard in memory over a temporary folder, with time and chance in the test's hand. */
export interface TestYard extends AsyncDisposable {
  readonly yard: Yard
  /** The workspace: a temporary folder that goes away with the yard. */
  readonly dir: string
  /** Stands still until it is advanced; deadlines, retries and breakers go by it. */
  readonly clock: FakeClock
  /** Every event published so far, in order. */
  readonly messages: readonly HeardMessage[]
  /** Every question that plugins have asked. */
  readonly questions: readonly Question[]
  /** What runs have said of how far they are. */
  readonly progress: readonly Progress[]
  call(commandId: string, input?: unknown, options?: RunOptions): Promise<unknown>
  plan(commandId: string, input?: unknown): Promise<PlannedRun>
  approve(planId: string): Promise<unknown>
  undo(planId: string): Promise<unknown>
  /** Runs what a request means: reads at once, all else planned and approved. @throws NOT_ROUTED where the yard would ask or abstain */
  request(text: string): Promise<RequestOutcome>
  /** Answers questions from now on; undefined leaves one to the answers given before. Unanswered ones get NEEDS_ANSWER. */
  answer(answer: (question: Question) => string | undefined): void
  /** The first message on a topic, waiting for it in real time where need be. @throws NOT_HEARD */
  message(topic: string, options?: { withinMs?: number }): Promise<HeardMessage>
  /** What the workspace holds now; two states compare with `diskChanges`. */
  disk(options?: { ignore?: readonly string[] }): DiskState
}

const OBSERVER = 'testkit-observer'

/** Opens a yard for one test; `await using` closes it and removes its folder. */
export async function createTestYard({ plugins, files = {}, config, seed = 1 }: TestYardOptions): Promise<TestYard> {
  const dir = mkdtempSync(join(tmpdir(), 'switchyard-test-'))
  const clock = createFakeClock()
  const messages: HeardMessage[] = []
  const questions: Question[] = []
  const progress: Progress[] = []
  const answers: ((question: Question) => string | undefined)[] = []
  const waiting = new Set<() => void>()

  const observer = definePlugin({
    name: OBSERVER,
    version: '1.0.0',
    summary: 'Hears every event, for the test',
    listens: [
      on('**', (payload, { topic, source }) => {
        messages.push({ topic, source, payload })
        for (const look of waiting) look()
      }),
    ],
    commands: {},
  })

  async function ask(question: Question): Promise<string> {
    questions.push(question)
    for (const answer of answers.toReversed()) {
      const text = answer(question)
      if (text !== undefined) return text
    }
    throw new SwitchyardError('NEEDS_ANSWER', `Cannot go on as the test must answer: ${question.text}`, {
      data: { question: question.text },
    })
  }

  let yard: Yard
  try {
    writeFiles(dir, files)
    yard = await openYard(dir, {
      plugins: [...plugins, observer],
      memory: true,
      clock,
      random: createRandom(seed),
      ask,
      ...(config !== undefined && { config }),
    })
  } catch (error) {
    rmSync(dir, { recursive: true, force: true })
    throw error
  }

  const kit: TestYard = {
    yard,
    dir,
    clock,
    messages,
    questions,
    progress,
    call: (commandId, input = {}, options = {}) =>
      yard.call(commandId, input, { onProgress: (step) => void progress.push(step), ...options }),
    plan: (commandId, input = {}) => yard.plan(commandId, input),
    approve: (planId) => yard.approve(planId),
    undo: (planId) => yard.undo(planId),
    async request(text) {
      const decision = yard.decide(text)
      if (decision.outcome !== 'routed') throw notRouted(text, decision.question ?? 'no command fits')
      const results: unknown[] = []
      const runs: PlannedRun[] = []
      if (decision.parts.length > 1) {
        const report = await (await yard.chains()).run(chainOf(decision))
        return { decision, results: report.steps.map(({ output }) => output), runs }
      }
      for (const { command, args } of decision.parts) {
        const input = inputOf({ args })
        if (yard.commands.get(command)?.definition.effect === 'read') {
          results.push(await kit.call(command, input))
          continue
        }
        const run = await kit.plan(command, input)
        runs.push(run)
        results.push(await kit.approve(run.id))
      }
      return { decision, results, runs }
    },
    answer: (answer) => void answers.push(answer),
    message: (topic, { withinMs = 2_000 } = {}) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          waiting.delete(look)
          reject(notHeard(topic, [...new Set(messages.map((message) => message.topic))], withinMs))
        }, withinMs)
        function look(): void {
          const message = messages.find((heard) => heard.topic === topic)
          if (message === undefined) return
          waiting.delete(look)
          clearTimeout(timer)
          resolve(message)
        }
        waiting.add(look)
        look()
      }),
    disk: (options) => readDisk(dir, options),
    async [Symbol.asyncDispose]() {
      try {
        await closed(yard, clock)
      } finally {
        rmSync(dir, { recursive: true, force: true })
      }
    },
  }
  return kit
}

/** Closing waits for what still runs, by a clock that stands still: so it is moved on until the yard gives up waiting. */
async function closed(yard: Yard, clock: FakeClock): Promise<void> {
  let isClosed = false
  const closing = yard.close().finally(() => {
    isClosed = true
  })
  while (!isClosed) {
    await nextTurn()
    clock.advance(CLOSING_STEP_MS)
  }
  await closing
}

const CLOSING_STEP_MS = 100
