import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseRunbook } from './markdown.ts'

const parse = (text: string) => parseRunbook(text, 'x.md')

const RESTORE = `---
summary: Brings a backup back
inputs: [BACKUP]
---
# Restore

Only with the team.

## 1. Stop the service

- check before: \`systemctl is-active app\`

\`\`\`sh
systemctl stop app
\`\`\`

check: \`! systemctl is-active app\`
timeout: 2m

## Bring it back

\`\`\`bash
restore "$BACKUP"
\`\`\`
\`\`\`output
restored
\`\`\`
exit: 0, 3
repeatable: yes

## Look

ask: Is the page as it should be?

\`\`\`json
{ "not": "a step" }
\`\`\`
`

describe('parseRunbook()', () => {
  it('reads steps with what must hold around them', () => {
    const { title, summary, inputs, steps, problems } = parse(RESTORE)
    expect({ title, summary, inputs, problems }).toEqual({
      title: 'Restore',
      summary: 'Brings a backup back',
      inputs: ['BACKUP'],
      problems: [],
    })
    expect(steps).toEqual([
      {
        name: 'Stop the service',
        line: 13,
        script: 'systemctl stop app',
        shell: 'sh',
        before: ['systemctl is-active app'],
        after: ['! systemctl is-active app'],
        expect: [],
        exits: [0],
        timeoutMs: 120_000,
        repeatable: false,
      },
      {
        name: 'Bring it back',
        line: 22,
        script: 'restore "$BACKUP"',
        shell: 'bash',
        before: [],
        after: [],
        expect: ['restored'],
        exits: [0, 3],
        timeoutMs: 600_000,
        repeatable: true,
      },
      {
        name: 'Look',
        line: 33,
        ask: 'Is the page as it should be?',
        before: [],
        after: [],
        expect: [],
        exits: [0],
        timeoutMs: 600_000,
        repeatable: false,
      },
    ])
  })

  it('runs no sentence of an ordinary runbook, however it begins', () => {
    const { steps } = parse(
      '# X\n\n## Do\n\nCheck: that nobody is logged in.\ncheck: everything twice\ntimeout: about an hour\n\n```sh\ntrue\n```\n\nexpect: miracles\n',
    )
    expect(steps).toMatchObject([{ script: 'true', before: [], after: [], expect: [], timeoutMs: 600_000 }])
  })

  it('takes of a recorded session only what was typed', () => {
    const { steps } = parse('```console\n$ ls \\\n> -l\ntotal 0\n# whoami\nroot\n```\n')
    expect(steps[0]?.script).toBe('ls \\\n-l\nwhoami')
  })

  it('numbers the steps under one heading, and leaves out what is marked', () => {
    const { steps } = parse('# X\n## Do\n```sh\na\n```\n```sh\nb\n```\n```sh skip\nc\n```\n~~~shell\nd\n~~~\n')
    expect(steps.map(({ name, script }) => [name, script])).toEqual([
      ['Do (1)', 'a'],
      ['Do (2)', 'b'],
      ['Do (3)', 'd'],
    ])
  })

  it('says what a person would have to replace, or what belongs nowhere', () => {
    expect(parse('```sh\nrestore <backup-id>\n```').problems).toEqual([
      'line 1: <backup-id> must be replaced, best by a value: "$NAME", with NAME among the inputs',
    ])
    expect(parse('```sh\ncat <<EOF\n<html>\nEOF\n```').problems).toEqual([])
    expect(parse('```sh\nsort < in > out\n```').problems).toEqual([])
    expect(parse('# Only words').problems).toEqual(['it has no step: no ```sh block'])
    expect(parse('## A\ncheck: `true`\n## B\n```sh\ntrue\n```').problems).toEqual([
      'line 3: what is said before this heading belongs to no step',
    ])
  })

  it('says where a block has no end, as all below it would be its script', () => {
    expect(parse('# X\n```sh\ntrue\n\n## Then\nCall somebody.').problems).toEqual(['line 2: the block has no end'])
    expect(parse('```console\n$ ls\n```\n```Console\n$ ls\ntotal 0\n```').steps.map(({ script }) => script)).toEqual(['ls', 'ls'])
  })

  it('waits no longer for a step than a day, however long it says', () => {
    expect(parse('```sh\ntrue\n```\ntimeout: 999999h').steps[0]?.timeoutMs).toBe(86_400_000)
  })

  it('reads what is made to be slow in no time', () => {
    const spaces = ' '.repeat(400_000)
    const blocks = '```sh\na\n```\n'.repeat(30_000)
    const startedMs = performance.now()
    parse(`# a${spaces}b\ncheck: ${spaces}x\n${spaces}`)
    parse(`# X\n## Do\n${blocks}`)
    expect(performance.now() - startedMs).toBeLessThan(15_000)
  })

  it('reads any text without throwing, and in time', () => {
    const piece = fc.constantFrom(
      '```sh',
      '```',
      '~~~',
      '# a',
      '---',
      'check: `x`',
      'inputs: [',
      '`',
      '<a b>',
      ' - ',
      '\n',
      'timeout: 5m',
      'x',
    )
    fc.assert(
      fc.property(fc.array(fc.oneof(piece, fc.string()), { maxLength: 60 }), (pieces) => {
        const { steps } = parse(pieces.join('\n'))
        for (const { script, ask } of steps) expect(script ?? ask).toBeTruthy()
      }),
      { numRuns: 500 },
    )
  })

  it('makes steps of a runbook that was written for people alone', () => {
    const text = readFileSync(new URL('../../../test/ordinary-runbook.md', import.meta.url), 'utf8')
    const { steps, problems } = parse(text)
    expect(steps.map(({ name }) => name)).toEqual(['List backups', 'Restore (1)', 'Restore (2)', 'Verify'])
    expect(problems).toEqual(['line 21: <backup-id> must be replaced, best by a value: "$NAME", with NAME among the inputs'])
  })
})
