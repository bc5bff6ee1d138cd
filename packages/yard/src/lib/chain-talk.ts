import type { ChainReport, Chains, WaitReport } from '@switchyard/chain'
import { type Clock, isSwitchyardError, type MessageHeaders } from '@switchyard/contracts'
import { nothingAsked } from './errors.ts'
import type { Questions } from './questions.ts'
import { planOfSteps, strictestEffect } from './rehearsed.ts'
import type { ChainTalk, CommandInfo, FollowOptions } from './yard.ts'

export interface ChainTalkParts {
  readonly chains: () => Promise<Chains>
  readonly commands: ReadonlyMap<string, CommandInfo>
  readonly questions: Questions
  readonly clock: Clock
  /** Under whose name an answer is kept. */
  readonly person: string
}

/** Chains and the person at hand: what a chain asks is put to whoever follows it. */
export function createChainTalk({ chains, commands, questions, clock, person }: ChainTalkParts): ChainTalk {
  return {
    async question(id, step) {
      const opened = await chains()
      const report = opened.show(id)
      const asked = report.waitsFor.filter(isAsked).find(({ path }) => step === undefined || path === step)
      if (asked === undefined) throw nothingAsked(id, report.state)
      const { definition, input, name, plugin, neverStarted } = report
      const all = await opened.plan(definition, input, plugin === undefined ? {} : { plugin })
      const steps = all.filter(({ path }) => neverStarted.includes(path))
      const { path, question, answer, choices } = asked
      return {
        chain: id,
        name,
        ...(plugin !== undefined && { plugin }),
        step: path,
        question,
        wants: answer,
        ...(choices !== undefined && { choices }),
        plan: planOfSteps(name, question, steps),
        effect: strictestEffect(steps, commands),
      }
    },
    async answer(id, { value, step }, options) {
      await (await chains()).answer(id, { value, by: person, ...(step !== undefined && { path: step }) })
      return follow(id, options)
    },
    follow,
  }

  async function follow(id: string, options: FollowOptions = {}): Promise<ChainReport> {
    const opened = await chains()
    const release = questions.answersFor(opened.show(id).traceId, options.headers)
    try {
      for (;;) {
        const report = await watched(opened, id, options)
        const asked = report.waitsFor.filter(isAsked).find(({ answer }) => options.onlyApprovals !== true || answer === 'approval')
        if (asked === undefined || !(await isAnswered(opened, id, asked, options.headers))) return report
      }
    } finally {
      release()
    }
  }

  /** As it stands when it rests, or has been watched for long enough. */
  async function watched(opened: Chains, id: string, { signal, watchMs }: FollowOptions): Promise<ChainReport> {
    if (watchMs === undefined) return opened.wait(id, signal === undefined ? {} : { signal })
    const patience = new AbortController()
    const stop = clock.after(watchMs, () => patience.abort())
    try {
      return await opened.wait(id, { signal: signal === undefined ? patience.signal : AbortSignal.any([patience.signal, signal]) })
    } catch (error) {
      if (!isSwitchyardError(error, 'CANCELLED')) throw error
      return opened.show(id)
    } finally {
      stop()
    }
  }

  async function isAnswered(opened: Chains, id: string, asked: Asked, headers: Partial<MessageHeaders> | undefined): Promise<boolean> {
    const { ask } = questions
    if (ask === undefined) return false
    const { path, question, answer, choices = answer === 'approval' ? ['yes', 'no'] : undefined } = asked
    try {
      const value = await ask({ text: question, ...(choices !== undefined && { choices }) }, headers)
      await opened.answer(id, { path, value, by: person })
      return true
    } catch (error) {
      if (isSwitchyardError(error, 'NEEDS_ANSWER')) return false
      // Somebody else was first.
      if (isSwitchyardError(error, 'NOT_WAITING')) return true
      throw error
    }
  }
}

type Asked = WaitReport & Required<Pick<WaitReport, 'question' | 'answer'>>

const isAsked = (wait: WaitReport): wait is Asked => wait.answer !== undefined && wait.question !== undefined
