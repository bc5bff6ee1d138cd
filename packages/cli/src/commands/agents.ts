import type { EntryKind, SearchQuery } from '@switchyard/registry'
import { InvalidArgumentError, Option } from 'commander'
import { EXIT } from '../lib/exit-code.ts'
import { amount } from '../lib/flag-values.ts'
import type { Define } from '../lib/own-commands.ts'
import { addCommonFlags, type LimitFlags, limitsOf } from '../lib/program.ts'
import { renderEntries, renderFound, renderTeam } from '../render/agents.ts'

const KINDS = ['agent', 'skill', 'command', 'plugin'] as const satisfies readonly EntryKind[]

interface Filters {
  readonly plugin?: string
  readonly kind?: EntryKind
  readonly category?: string
  readonly domain?: string
  readonly context?: string
  readonly limit: number
}

export const define: Define = (command, session) => {
  command.usage('COMMAND...').helpCommand(false)
  const add = (name: string, summary: string) => addCommonFlags(command.command(name).description(summary))

  add('search', 'Find agents, skills, commands and plugins by what they are for')
    .argument('<words...>', 'What is wanted, such as "react accessibility"')
    .option('--plugin <name>', 'Only of this plugin')
    .addOption(new Option('--kind <kind>', 'Only of this kind').choices(KINDS))
    .option('--category <name>', 'Only of this category')
    .option('--domain <name>', 'Only what is about this, such as frontend or database')
    .option('--context <name>', 'Only what knows this technology, such as react or docker')
    .addOption(new Option('--limit <n>', 'At most so many').default(10).argParser(count))
    .action(async (words: readonly string[], filters: Filters) => {
      const registry = (await session.yard()).registry()
      // One that is not there is said, as what is asked for may well be.
      if (filters.plugin !== undefined) registry.plugin(filters.plugin)
      const found = registry.search(queryOf(words.join(' '), filters))
      const data = found.map(({ entry, ...rated }) => ({ ...entry, ...rated }))
      session.answer({ data, text: (look) => renderFound(found, look), exit: found.length === 0 ? EXIT.noCommandFits : EXIT.done })
    })

  add('list', 'List every agent and skill that is known')
    .option('--plugin <name>', 'Only of this plugin')
    .addOption(new Option('--kind <kind>', 'Only of this kind').choices(KINDS))
    .action(async ({ plugin, kind }: Pick<Filters, 'plugin' | 'kind'>) => {
      const registry = (await session.yard()).registry()
      if (plugin !== undefined) registry.plugin(plugin)
      const { entries } = registry.snapshot()
      const kinds: readonly EntryKind[] = kind === undefined ? ['agent', 'skill'] : [kind]
      const data = entries.filter((entry) => kinds.includes(entry.kind) && (plugin === undefined || entry.plugin === plugin))
      session.answer({ data, text: (look) => renderEntries(data, look) })
    })

  add('team', 'Propose who would do a task')
    .argument('<task...>', 'In plain words')
    .addOption(new Option('--budget <usd>', 'Cheaper models where it would cost more, in US dollars').argParser(amount))
    .addOption(new Option('--minutes <n>', 'Say so where it would take longer').argParser(amount))
    .action(async (words: readonly string[], flags: LimitFlags) => {
      const team = (await session.yard()).team(words.join(' '), limitsOf(flags))
      session.answer({
        data: team ?? null,
        text: (look) => (team === undefined ? 'No agent that is known fits this task.' : renderTeam(team, look)),
        exit: team === undefined ? EXIT.noCommandFits : team.fit?.isFeasible === false ? EXIT.failed : EXIT.done,
      })
    })
}

function queryOf(text: string, { plugin, kind, category, domain, context, limit }: Filters): SearchQuery {
  return {
    text,
    limit,
    ...(plugin !== undefined && { plugins: [plugin] }),
    ...(kind !== undefined && { kinds: [kind] }),
    ...(category !== undefined && { category: category.toLowerCase() }),
    only: {
      ...(domain !== undefined && { domains: [domain.toLowerCase()] }),
      ...(context !== undefined && { contexts: [context.toLowerCase()] }),
    },
  }
}

function count(text: string): number {
  const number = Number(text)
  if (Number.isInteger(number) && number >= 1 && number <= 1_000) return number
  throw new InvalidArgumentError('it must be a whole number from 1 to 1000')
}
