import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { type Ended, makeWorkspace, run } from './process.ts'

const GUIDE = fileURLToPath(new URL('../../../docs/guide/deploy.md', import.meta.url))

interface Step {
  readonly kind: 'file' | 'line'
  /** A file's path, or a command line. */
  readonly what: string
  readonly text: string
  readonly fails: boolean
}

/** The blocks of the page that are done: files that are written, and command lines. What is marked `ignore` needs what a test has not. */
function stepsOf(page: string): readonly Step[] {
  return [...page.matchAll(/^```(\w+)(?: (file=\S+|fails|ignore))?\n(.*?)^```$/gms)].flatMap(
    ([, language, mark = '', text = '']): readonly Step[] => {
      if (mark === 'ignore') return []
      if (mark.startsWith('file=')) return [{ kind: 'file', what: mark.slice(5), text, fails: false }]
      if (language !== 'sh') return []
      return text
        .trim()
        .split('\n')
        .map((line) => ({ kind: 'line', what: line, text: '', fails: mark === 'fails' }))
    },
  )
}

/** Words as a shell would take them, so far as the page uses it. */
const wordsOf = (line: string): readonly string[] => [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? '')

describe('docs/guide/deploy.md', () => {
  it('leads from an empty machine to a rolled-back deployment, step by step as it is written', { timeout: 240_000 }, async () => {
    using workspace = makeWorkspace()
    const { dir } = workspace
    const answers = new Map<string, Ended>()
    try {
      for (const { kind, what, text, fails } of stepsOf(readFileSync(GUIDE, 'utf8'))) {
        if (kind === 'file') {
          mkdirSync(dirname(join(dir, what)), { recursive: true })
          writeFileSync(
            join(dir, what),
            text.replaceAll('/tmp/switchyard-guide', join(dir, 'host')).replace('"command": ["node"', `"command": ["${process.execPath}"`),
          )
          continue
        }
        const [program, ...args] = wordsOf(what)
        expect(program).toBe('switchyard')
        const ended = await run(dir, args)
        expect({ line: what, code: ended.code, stderr: ended.code === (fails ? 1 : 0) ? '' : ended.stderr }).toEqual({
          line: what,
          code: fails ? 1 : 0,
          stderr: '',
        })
        answers.set(args.slice(0, 2).join(' '), ended)
      }
    } finally {
      await run(dir, ['deploy', 'destroy', '--env', 'staging', '--yes'])
    }
    expect(answers.get('deploy status')?.stdout).toMatch(/staging +api +running +1\.0\.0/)
    const history = answers.get('deploy history')?.stdout ?? ''
    expect(history.split('\n').map((line) => /RETURNED|rolled back|rollback|done/.exec(line)?.[0] ?? '')).toEqual(
      expect.arrayContaining(['rollback', 'rolled back', 'RETURNED', 'done']),
    )
    expect(answers.get('deploy watch')?.stdout).toContain('staging stayed well')
  })
})
