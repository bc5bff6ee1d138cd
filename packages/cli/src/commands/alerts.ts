import type { Alerts, Mute } from '@switchyard/trace/alerts'
import { type Command, Option } from 'commander'
import { EXIT } from '../lib/exit-code.ts'
import { count, span } from '../lib/flag-values.ts'
import type { Define } from '../lib/own-commands.ts'
import { addCommonFlags } from '../lib/program.ts'
import { renderAlerts, renderNews, renderRules } from '../render/alerts.ts'

export const define: Define = (command, session) => {
  command.usage('COMMAND...').helpCommand(false)
  const add = (name: string, summary: string): Command => addCommonFlags(command.command(name).description(summary))
  const open = async (): Promise<Alerts> => (await session.yard()).alerts()

  add('list', 'Look at everything now, and list what rings').action(async () => {
    const alerts = await open()
    await alerts.look()
    const [list, mutes] = [alerts.list(), alerts.mutes()]
    session.answer({ data: { alerts: list, mutes }, text: (look) => renderAlerts(list, mutes, Date.now(), look) })
  })

  add('rules', 'List the rules and when each rings').action(async () => {
    const { rules } = await open()
    const data = rules.map(({ measure: _, ...rule }) => rule)
    session.answer({ data, text: (look) => renderRules(rules, look) })
  })

  add('news', 'List what was told, newest first')
    .addOption(new Option('--limit <n>', 'At most so many').default(20).argParser(count))
    .action(async ({ limit }: { limit: number }) => {
      const news = (await open()).news(limit)
      session.answer({ data: news, text: (look) => renderNews(news, look) })
    })

  add('mute', 'Let a rule ring nobody')
    .argument('<rule>', 'Such as high-error-rate')
    .argument('[subject]', 'Only for this, such as a plugin')
    .addOption(new Option('--for <time>', 'Only for so long, such as 2h; else until "unmute"').argParser(span))
    .option('--why <words>', 'For whoever wonders')
    .action(async (rule: string, subject = '', { for: forMs, why }: { for?: number; why?: string }) => {
      const mute: Mute = { rule, subject, ...(forMs !== undefined && { untilMs: Date.now() + forMs }), ...(why !== undefined && { why }) }
      const alerts = await open()
      alerts.mute(mute)
      session.answer({ data: mute, text: (look) => renderAlerts(alerts.list(), alerts.mutes(), Date.now(), look) })
    })

  add('unmute', 'Let a rule ring again')
    .argument('<rule>', 'Such as high-error-rate')
    .argument('[subject]', 'As it was muted')
    .action(async (rule: string, subject = '') => {
      const wasMuted = (await open()).unmute(rule, subject)
      const what = subject === '' ? rule : `${rule} of ${subject}`
      session.answer({ data: { rule, subject, wasMuted }, text: wasMuted ? `${what} rings again` : `${what} was not muted` })
    })

  add('test', 'Tell the log, the bus, the command and the webhook of a test').action(async () => {
    const results = Object.entries(await (await open()).test())
    const data = Object.fromEntries(results.map(([sink, error]) => [sink, error === undefined ? 'told' : messageOf(error)]))
    const text = results.map(
      ([sink, error]) => `${error === undefined ? '✓' : '✗'} ${sink}${error === undefined ? '' : `: ${messageOf(error)}`}`,
    )
    session.answer({ data, text: text.join('\n'), exit: results.some(([, error]) => error !== undefined) ? EXIT.failed : EXIT.done })
  })
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
