import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { isSwitchyardError } from '@switchyard/contracts'
import { type Command, command, type Plugin } from '@switchyard/plugin-kit'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { commands, notes } from '../../test/notes.ts'
import { type ContractOptions, pluginContract } from './plugin-contract.ts'

const files = { 'notes/tea.txt': 'green' }
const inputs = { read: [{ name: 'tea' }], write: [{ name: 'milk', text: 'buy some' }], remove: [{ name: 'tea' }] }
const failing = { read: [{ name: 'nowhere' }], remove: [{ name: 'nowhere' }] }

describe('pluginContract() finds nothing wrong with a plugin that keeps it', () => {
  for (const { name, run } of pluginContract(notes, { inputs, failing, files })) it(name, run)
})

describe('pluginContract() catches by its rule', () => {
  it('[D1] a definition that is wrong', async () => {
    expect(await broken({ ...notes, version: 'one' })).toEqual(['D1'])
  })

  it('[D2] a schema that JSON Schema cannot say', async () => {
    const found = await broken(withCommand('read', { output: z.object({ text: z.string().transform((text) => text.length) }) }))
    expect(found).toContain('D2 notes.read')
  })

  it('[D2] an input that is no object', async () => {
    const shout = command({
      summary: 'Shouts',
      examples: ['shout a note'],
      effect: 'read',
      input: z.string(),
      output: z.object({ text: z.string() }),
      run: (text) => ({ text: text.toUpperCase() }),
    })
    expect(await broken({ ...notes, commands: { shout } }, { inputs: { shout: ['tea'] } as never })).toEqual(['D2 notes.shout'])
  })

  it('[D3] an example that two commands share, in other letters', async () => {
    expect(await broken(withCommand('read', { examples: ['Write a note!'] }))).toEqual(['D3'])
  })

  it('[D3] a command without examples', async () => {
    expect(await broken(withCommand('read', { examples: [] }))).toEqual(['D3'])
    expect(await broken(withCommand('read', { examples: [], internal: true }))).toEqual([])
  })

  it('[D4] a command that nothing was given to try with', async () => {
    expect(await broken(notes, { inputs: { read: inputs.read, write: inputs.write } })).toEqual(['D4 notes.remove'])
  })

  it('[R1] a result that does not fit its schema', async () => {
    const run = () => ({ text: 7 }) as never
    expect(await broken(withCommand('read', { run }))).toContain('R1 notes.read')
  })

  it('[R1] a result that is lost as JSON', async () => {
    const output = z.object({ text: z.any() })
    expect(await broken(withCommand('read', { output, run: () => ({ text: new Map() }) }), { failing: {} })).toContain('R1 notes.read')
  })

  it('[R2] a read that writes', async () => {
    const run: Command['run'] = (_input, { workspace }) => {
      writeFileSync(join(workspace, 'read.log'), 'somebody read')
      return { text: 'green' }
    }
    expect(await broken(withCommand('read', { run }), { failing: {} })).toContain('R2 notes.read')
  })

  it('[P1] a plan that does it already', async () => {
    const plan: Command['plan'] = ({ name }: never, { workspace }) => {
      mkdirSync(join(workspace, 'notes'), { recursive: true })
      writeFileSync(join(workspace, 'notes', `${name}.txt`), 'planned')
      return { summary: 'Write it', steps: [{ does: 'create', target: 'notes/milk.txt' }] }
    }
    expect(await broken(withCommand('write', { plan }))).toEqual(['P1 notes.write'])
  })

  it('[P1] a plan, and [U1] an undo, that only the plugin’s own reads give away', async () => {
    let last = 'green'
    const read: Partial<Record<keyof Command, unknown>> = { run: () => ({ text: last }) }
    const plan: Command['plan'] = () => {
      last += ', planned'
      return { summary: 'Write it', steps: everywhere }
    }
    const run: Command['run'] = (input, ctx) => {
      last += ', written'
      return commands.write.run(input as never, ctx)
    }
    const { commands: changed } = withCommand('read', read)
    const planned = { ...notes, commands: { ...changed, write: { ...commands.write, plan } } } as Plugin
    expect(await broken(planned, { failing: {} })).toContain('P1 notes.write')
    const ran = { ...notes, commands: { ...changed, write: { ...commands.write, run } } } as Plugin
    expect(await broken(ran, { failing: {} })).toContain('U1 notes.write')
  })

  it('[P2] but not what a plugin keeps for itself', async () => {
    const run: Command['run'] = (input, ctx) => {
      writeFileSync(join(ctx.dataDir, 'count'), 'one more')
      return commands.write.run(input as never, ctx)
    }
    expect(await broken(withCommand('write', { run }))).toEqual(['U1 notes.write'])
  })

  it('[P2] a plan that does not name what will be touched', async () => {
    const plan: Command['plan'] = () => ({ summary: 'Write it', steps: [{ does: 'create', target: 'somewhere' }] })
    expect(await broken(withCommand('write', { plan }))).toEqual(['P2 notes.write'])
  })

  it('[P2] a plan without steps', async () => {
    expect(await broken(withCommand('write', { plan: () => ({ summary: 'Write it', steps: [] }) }))).toEqual(['P2 notes.write'])
  })

  it('[U1] an undo that leaves something behind', async () => {
    const run: Command['run'] = (input, ctx) => {
      writeFileSync(join(ctx.workspace, 'journal'), 'wrote')
      return commands.write.run(input as never, ctx)
    }
    const plan: Command['plan'] = () => ({
      summary: 'Write it',
      steps: [
        { does: 'create', target: 'notes/milk.txt' },
        { does: 'create', target: 'journal' },
      ],
    })
    expect(await broken(withCommand('write', { run, plan }))).toEqual(['U1 notes.write'])
    expect(await broken(withCommand('write', { run, plan }), { ignore: ['journal'] })).toEqual([])
  })

  it('[U1] an undo that does not bring back what was there before', async () => {
    const overwriting = { ...inputs, write: [{ name: 'tea', text: 'black' }] }
    expect(await broken(notes, { inputs: overwriting })).toEqual(['U1 notes.write'])
  })

  it('[U1] an undo that names a command that is not there', async () => {
    expect(await broken(withCommand('write', { undo: () => ({ command: 'notes.unwrite', input: {} }) }))).toEqual(['U1 notes.write'])
  })

  it('[U1] an undo that never knows a way back', async () => {
    expect(await broken(withCommand('write', { undo: () => undefined }))).toEqual(['U1 notes.write'])
  })

  it('[I1] "idempotent" that changes something the second time', async () => {
    const run: Command['run'] = (input, ctx) => {
      writeFileSync(join(ctx.workspace, 'count'), '+', { flag: 'a' })
      return commands.write.run(input as never, ctx)
    }
    expect(await broken(withCommand('write', { run, undo: undefined, plan: () => ({ summary: 'Write it', steps: everywhere }) }))).toEqual([
      'I1 notes.write',
    ])
  })

  it('[I1] "idempotent" that answers otherwise the second time', async () => {
    let count = 0
    const run: Command['run'] = () => ({ text: String(count++) })
    expect(await broken(withCommand('read', { run }), { failing: {} })).toContain('I1 notes.read')
  })

  it('[S1] a run that ignores its signal', async () => {
    const run: Command['run'] = async (_input, { signal }) => {
      await nextTurn()
      if (signal.aborted) await new Promise(() => {})
      return { text: 'green' }
    }
    expect(await broken(withCommand('read', { run }), { failing: {}, abortLimitMs: 50 })).toEqual(['S1 notes.read'])
  })

  it('[E1] an error that has no code', async () => {
    const run: Command['run'] = ({ name }: never, ctx) => {
      if (name === 'nowhere') throw new Error('ENOENT')
      return commands.read.run({ name }, ctx)
    }
    expect(await broken(withCommand('read', { run }))).toEqual(['E1 notes.read'])
  })

  it('[E1] an answer that does not fit where the workspace is empty', async () => {
    const run: Command['run'] = ({ name }: never, ctx) => {
      try {
        return commands.read.run({ name }, ctx)
      } catch {
        return { text: undefined }
      }
    }
    expect(await broken(withCommand('read', { run }), { failing: {} })).toContain('E1 notes.read')
  })

  it('[E1] an input that is said to fail and does not', async () => {
    expect(await broken(notes, { failing: { read: [{ name: 'tea' }] } })).toEqual(['E1 notes.read'])
  })

  it('[E1] an error without a code where the workspace is empty', async () => {
    const run: Command['run'] = ({ name }: never, ctx) => {
      try {
        return commands.read.run({ name }, ctx)
      } catch (error) {
        throw new TypeError('undefined is not a function', { cause: error })
      }
    }
    expect(await broken(withCommand('read', { run }), { failing: {} })).toContain('E1 notes.read')
  })
})

describe('pluginContract() says what is wrong', () => {
  it('by the path that an undo left behind, and by the input', async () => {
    const overwriting = { ...inputs, write: [{ name: 'tea', text: 'black' }] }
    const test = pluginContract(notes, { inputs: overwriting, files }).find(({ name }) => name.startsWith('[U1]'))
    await expect(test?.run()).rejects.toMatchObject({
      code: 'CONTRACT_BROKEN',
      message: expect.stringContaining(
        'notes.write with {"name":"tea","text":"black"} as [U1] its undo must leave everything as it was:\n  notes: is gone',
      ),
    })
  })
})

const everywhere = ['notes/milk.txt', 'count', 'journal'].map((target) => ({ does: 'create' as const, target }))

/** The plugin with one command changed, and unchecked, as a plugin that somebody else wrote would come. */
function withCommand(name: 'read' | 'write' | 'remove', change: Partial<Record<keyof Command, unknown>>): Plugin {
  const { undo, ...changed } = { ...commands[name], ...change } as Command
  return { ...notes, commands: { ...notes.commands, [name]: undo === undefined ? changed : { ...changed, undo } } } as Plugin
}

/** Which rules a plugin breaks, such as `U1 notes.write`. */
async function broken(plugin: Plugin, options: ContractOptions = {}): Promise<readonly string[]> {
  const found: string[] = []
  for (const { name, run } of pluginContract(plugin, { inputs, failing, files, ...options } as ContractOptions)) {
    const [rule = '', subject = ''] = name.replace(/[[\]]/g, '').split(/:? /)
    try {
      await run()
    } catch (error) {
      expect(isSwitchyardError(error, 'CONTRACT_BROKEN'), String(error)).toBe(true)
      expect(isSwitchyardError(error) && error.data.rule).toBe(rule)
      found.push(subject === 'notes' ? rule : `${rule} ${subject}`)
    }
  }
  return found
}
