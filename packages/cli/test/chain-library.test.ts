import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { libraryNames, libraryText } from '@switchyard/chain'
import { openYard, type Yard } from '@switchyard/yard'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { builtInPlugins } from '../src/lib/built-in.ts'

let dir: string
let yard: Yard
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'chain-library-'))
  writeFileSync(join(dir, 'package.json'), JSON.stringify({ name: 'demo', version: '1.0.0', scripts: { test: 'exit 0' } }))
  yard = await openYard(dir, { plugins: await builtInPlugins() })
})
afterAll(async () => {
  await yard.close()
  rmSync(dir, { recursive: true, force: true })
})

/** True of what they call, and no mistake of theirs. */
const KNOWN_WARNINGS = ['ASKS_AFTER_CRASH', 'NO_UNDO']

describe('the chains that come along', () => {
  it('are these', () => {
    const names = ['dependency-update', 'full-health', 'hotfix', 'new-plugin-setup', 'release-and-deploy', 'release-prep']
    expect(libraryNames()).toEqual(names)
  })

  it.for(libraryNames())('%s wants nothing but what plugins bring that are not here', async (name) => {
    const { problems, missingCommands } = (await yard.chains()).check(libraryText(name)!)
    const here = new Set(yard.plugins.map((plugin) => plugin.name))
    expect(missingCommands.filter((command) => here.has(command.slice(0, command.indexOf('.'))))).toEqual([])
    const mistakes = problems.filter(({ code }) => code !== 'UNKNOWN_COMMAND' && !KNOWN_WARNINGS.includes(code))
    expect(mistakes).toEqual([])
  })

  it.for(['full-health', 'new-plugin-setup'])('%s runs to its end on a small project', async (name) => {
    const report = await (await yard.chains()).run(await yard.chain(name))
    expect(report.error).toBeUndefined()
    expect(report).toMatchObject({ state: 'done', neverStarted: [], notUndone: [] })
  })
})
