import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import type { RunStatus, StepMark } from '../../src/model/wire.ts'

type Sign = RunStatus | StepMark | 'retry'

const SIGNS: Readonly<Record<Sign, readonly [sign: string, word: string]>> = {
  running: ['▸', 'running'],
  waiting: ['◷', 'waits for a person'],
  done: ['✓', 'done'],
  failed: ['✕', 'failed'],
  undone: ['↶', 'undone'],
  'undo-failed': ['‼', 'could not be undone'],
  interrupted: ['⊘', 'interrupted'],
  decided: ['◇', 'decided, and nothing done'],
  unclear: ['?', 'unclear, and nothing done'],
  skipped: ['–', 'skipped'],
  aborted: ['⊘', 'aborted'],
  open: ['·', 'not begun'],
  retry: ['↻', 'tried again'],
}

/** A state as a sign, a colour and a word; the word is for who sees neither. */
export function StateSign({ state, word = false }: { state: Sign; word?: boolean }) {
  const [sign, text] = SIGNS[state]
  return (
    <span class={`state is-${state}`}>
      <span aria-hidden="true">{sign}</span>
      <span class={word ? '' : 'unseen'}>{word ? ` ${text}` : text}</span>
    </span>
  )
}

export function Notice({ children, isBad = false }: { children: ComponentChildren; isBad?: boolean }) {
  return (
    <p class={isBad ? 'notice is-bad' : 'notice'} role={isBad ? 'alert' : 'status'}>
      {children}
    </p>
  )
}

/** Copies a text; says so for a moment. */
export function Copy({ text, what }: { text: string; what: string }) {
  const [isCopied, setCopied] = useState(false)
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text)
    } catch {
      return
    }
    setCopied(true)
    setTimeout(() => setCopied(false), 1_200)
  }
  return (
    <button type="button" class="quiet" onClick={() => void copy()} aria-label={`Copy ${what}`}>
      {isCopied ? 'copied' : 'copy'}
    </button>
  )
}

const SHOWN_LINES = 40

/** Data as JSON in colours; long data is cut until asked for. */
export function Json({ value }: { value: unknown }) {
  const [isWhole, setWhole] = useState(false)
  const lines = (typeof value === 'string' ? value : (JSON.stringify(value, null, 2) ?? 'undefined')).split('\n')
  const shown = isWhole ? lines : lines.slice(0, SHOWN_LINES)
  return (
    <>
      <pre class="json" tabIndex={0}>
        {typeof value === 'string' ? shown.join('\n') : shown.map((line, i) => <JsonLine key={i} line={line} />)}
      </pre>
      {lines.length > shown.length && (
        <button type="button" class="quiet" onClick={() => setWhole(true)}>
          {lines.length - shown.length} more lines
        </button>
      )}
    </>
  )
}

function JsonLine({ line }: { line: string }) {
  const [, indent = '', key = '', rest = ''] = /^(\s*)("(?:[^"\\]|\\.)*": )?(.*)$/.exec(line) ?? []
  const kind = rest.startsWith('"') ? 'text' : /^[-\d]/.test(rest) ? 'number' : /^(true|false|null)/.test(rest) ? 'word' : ''
  return (
    <>
      {indent}
      {key !== '' && <span class="json-key">{key}</span>}
      {kind === '' ? rest : <span class={`json-${kind}`}>{rest}</span>}
      {'\n'}
    </>
  )
}

const two = (n: number): string => String(n).padStart(2, '0')

/** The time of day here, with the date where it is not today. */
export function timeOf(ms: number, nowMs = Date.now()): string {
  const at = new Date(ms)
  const time = `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`
  if (at.toDateString() === new Date(nowMs).toDateString()) return time
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${time}`
}

export const isoOf = (ms: number): string => new Date(ms).toISOString()

export const plural = (n: number, one: string): string => `${n.toLocaleString('en')} ${one}${n === 1 ? '' : one.endsWith('s') ? '' : 's'}`
