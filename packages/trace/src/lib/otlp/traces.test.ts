import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isSecretName } from '@switchyard/contracts/redact'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { spanOf } from '../../../test/fixtures/spans.ts'
import type { Span } from '../spans/span.ts'
import { importOtlpLines } from './otlp-file.ts'
import { decodeTraces, encodeTraces } from './traces.ts'
import { otlpResource } from './values.ts'

const resource = otlpResource('1.2.3')
const wired = (spans: readonly Span[]): unknown => JSON.parse(JSON.stringify(encodeTraces(spans, resource)))

const hex = (length: number) => fc.stringMatching(new RegExp(`^[0-9a-f]{${length - 1}}[1-9a-f]$`))
const word = fc.stringMatching(/^[a-z][a-z ]{0,20}$/)
/** What is named like a secret is hidden on the way in. */
const key = fc.stringMatching(/^[a-z]{1,8}$/).filter((text) => !isSecretName(text))
const attributes = fc.dictionary(
  key.map((text) => `${text}.x`),
  fc.oneof(word, fc.integer(), fc.boolean(), fc.array(word, { minLength: 1, maxLength: 3 }), fc.constant(1.5)),
  { maxKeys: 5 },
)
const spans = fc.record(
  {
    traceId: hex(32),
    spanId: hex(16),
    parentSpanId: hex(16),
    name: word,
    kind: fc.constantFrom<Span['kind']>('internal', 'server', 'client', 'producer', 'consumer'),
    startMs: fc.integer({ min: 1, max: 4_000_000_000_000 }),
    durationMs: fc.integer({ min: 0, max: 1_000_000 }),
    error: fc.record({ type: word, message: word }),
    attributes,
    events: fc.array(fc.record({ name: word, atMs: fc.integer({ min: 1, max: 4_000_000_000_000 }), attributes }), {
      minLength: 1,
      maxLength: 2,
    }),
    links: fc.array(fc.record({ traceId: hex(32), spanId: hex(16), attributes }), { minLength: 1, maxLength: 2 }),
    lane: word,
    scope: word,
  },
  { requiredKeys: ['traceId', 'spanId', 'name', 'kind', 'startMs', 'durationMs', 'attributes', 'lane'] },
)

describe('encodeTraces() and decodeTraces()', () => {
  it('[O1] give back every span that has ended', () => {
    fc.assert(
      fc.property(fc.array(spans, { maxLength: 5 }), (given) => {
        const decoded = decodeTraces(wired(given as Span[]))
        expect(decoded.rejected).toBe(0)
        const byId = (list: readonly Span[]): Map<string, Span> => new Map(list.map((span) => [`${span.traceId} ${span.spanId}`, span]))
        expect(byId(decoded.spans)).toEqual(byId(given as Span[]))
      }),
      { numRuns: 200 },
    )
  })

  it('[O2] write what a collector reads: ids in hex, times in nanoseconds as text, kinds and status by number', () => {
    const { durationMs: _, ...running } = spanOf()
    const ended = spanOf({
      kind: 'client',
      startMs: 1_795_276_585_019.25,
      durationMs: 1.5,
      error: { type: 'TIMEOUT', message: 'late' },
      attributes: { count: 3 },
    })
    expect(wired([running, ended])).toEqual({
      resourceSpans: [
        {
          resource: {
            attributes: [
              { key: 'service.name', value: { stringValue: 'switchyard' } },
              { key: 'service.version', value: { stringValue: '1.2.3' } },
              { key: 'process.pid', value: { intValue: String(process.pid) } },
            ],
          },
          scopeSpans: [
            {
              scope: { name: 'switchyard' },
              spans: [
                {
                  traceId: ended.traceId,
                  spanId: ended.spanId,
                  name: 'work',
                  kind: 3,
                  startTimeUnixNano: '1795276585019250000',
                  endTimeUnixNano: '1795276585020750000',
                  attributes: [
                    { key: 'count', value: { intValue: '3' } },
                    { key: 'switchyard.lane', value: { stringValue: 'ops' } },
                    { key: 'error.type', value: { stringValue: 'TIMEOUT' } },
                  ],
                  status: { code: 2, message: 'late' },
                },
              ],
            },
          ],
        },
      ],
    })
  })

  it('[O3] reads a session of Claude Code as it was sent, with the error where it happened', () => {
    const body = JSON.parse(readFileSync(join(import.meta.dirname, '../../../test/fixtures/claude-traces.json'), 'utf8'))
    const decoded = decodeTraces(body)
    expect(decoded.rejected).toBe(0)
    expect(decoded.spans.map(({ name, lane, scope }) => [name, lane, scope])).toEqual([
      ['claude_code.tool.execution', 'claude-code', 'com.anthropic.claude_code.tracing'],
      ['claude_code.tool.blocked_on_user', 'claude-code', 'com.anthropic.claude_code.tracing'],
      ['claude_code.tool', 'claude-code', 'com.anthropic.claude_code.tracing'],
      ['claude_code.llm_request', 'claude-code', 'com.anthropic.claude_code.tracing'],
      ['claude_code.interaction', 'claude-code', 'com.anthropic.claude_code.tracing'],
    ])
    expect(decoded.spans.map(({ error }) => error?.type)).toEqual(['Error', undefined, undefined, undefined, undefined])
    expect(decoded.spans[2]?.attributes.tool_use_id).toBe('toolu_1')
  })

  it('[O4] believes nothing that makes no sense, and takes secrets out of the rest', () => {
    const bad: unknown[] = [
      null,
      {},
      { traceId: 'x', spanId: 'b'.repeat(16), name: 'n', startTimeUnixNano: '1000000' },
      { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), name: 7, startTimeUnixNano: '1000000' },
      { traceId: 'a'.repeat(32), spanId: '0'.repeat(16), name: 'n', startTimeUnixNano: '1000000' },
      { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), name: 'n', startTimeUnixNano: 'soon' },
      { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), name: 'n', startTimeUnixNano: 1.5 },
      { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), name: 'n', startTimeUnixNano: Number.POSITIVE_INFINITY },
    ]
    const good = {
      traceId: 'A'.repeat(32),
      spanId: 'B'.repeat(16),
      name: 'n'.repeat(5_000),
      kind: 99,
      startTimeUnixNano: '1000000',
      endTimeUnixNano: '500000',
      attributes: [
        { key: 'password', value: { stringValue: 'hunter2-hunter2' } },
        { key: 'url', value: { stringValue: 'https://ada:s3cr3t-pass@example.org' } },
        { key: '__proto__', value: { stringValue: 'polluted' } },
        { key: 'deep', value: { kvlistValue: { values: [{ key: 'a', value: { arrayValue: { values: [{ intValue: '1' }] } } }] } } },
        { key: 'none', value: {} },
        'nonsense',
      ],
      events: [{ name: 'e' }, null],
      links: [{ traceId: 'x' }],
    }
    const { spans: read, rejected } = decodeTraces({ resourceSpans: [{ scopeSpans: [{ spans: [...bad, good] }] }, 'x', { scopeSpans: 5 }] })
    expect([read.length, rejected]).toEqual([1, bad.length])
    const [span] = read
    expect(span).toMatchObject({ traceId: 'a'.repeat(32), kind: 'internal', durationMs: 0, lane: 'unknown' })
    expect(span!.name.length).toBeLessThan(310)
    expect(span!.attributes).toMatchObject({ deep: '{"a":[1]}' })
    expect(JSON.stringify(span)).not.toMatch(/hunter2|s3cr3t|polluted/)
    for (const body of [null, 1, 'x', [], {}, { resourceSpans: {} }]) expect(decodeTraces(body)).toEqual({ spans: [], rejected: 0 })
  })
})

describe('importOtlpLines()', () => {
  it('[O5] reads one export a line, and says which it could not read', async () => {
    const given = [spanOf(), spanOf()]
    async function* lines(): AsyncGenerator<string> {
      yield JSON.stringify(encodeTraces(given.slice(0, 1), resource))
      yield ''
      yield '{ broken'
      yield JSON.stringify(encodeTraces(given.slice(1), resource))
    }
    const taken: Span[] = []
    const take = async (some: readonly Span[]): Promise<number> => {
      taken.push(...some)
      return some.some(({ spanId }) => spanId === given[0]!.spanId) ? 1 : 0
    }
    expect(await importOtlpLines(lines(), take)).toEqual({ spans: 2, fresh: 1, rejected: 1, firstRejectedLine: 3 })
    expect(taken).toEqual(given)
  })
})
