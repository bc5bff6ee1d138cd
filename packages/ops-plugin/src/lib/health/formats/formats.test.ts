import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import schema from '@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json' with { type: 'json' }
import { writeFiles } from '@switchyard/testkit'
import Ajv from 'ajv-draft-04'
import addFormats from 'ajv-formats'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { FORMATS } from '../formats.ts'
import { renderReport } from '../render.ts'
import { examine } from '../scan.ts'
import type { Report } from '../schema.ts'

const HOSTILE = '<img src=x onerror=alert(1)> | `a` **b** \u001b[2J "c" &'
let dir: string
let report: Report
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'ops-formats-'))
  writeFiles(dir, {
    'package.json': '{ "name": "demo", "version": "1.0.0", "main": "gone.js" }',
    'README.md': '[a](gone.md)\n[b](also%20gone.md)',
    [`${HOSTILE.replaceAll('/', '')}.md`]: '[a](gone.md)',
    'a&b #1.md': '[a](gone.md)',
    '[see](0).md': '[a](gone.md)',
    'switchyard.health.json': JSON.stringify({
      suppress: [{ check: 'docs.license', reason: 'not decided | yet', until: '2030-01-01' }],
      baseline: { rubric: 1, score: 40, findings: {} },
    }),
  })
  report = (await examine(dir, { facts: { today: '2026-11-21' } })).report
})
afterAll(() => rmSync(dir, { recursive: true, force: true }))

describe('renderReport()', () => {
  it('gives the same bytes for the same report, and nothing that a terminal acts on', () => {
    for (const format of FORMATS) {
      const text = renderReport(report, format)
      expect([format, renderReport(structuredClone(report), format) === text, text.includes('\u001b'), text.endsWith('\n')]).toEqual([
        format,
        true,
        false,
        true,
      ])
    }
  })

  it('writes SARIF that its official schema accepts, with every finding in it', () => {
    const ajv = new Ajv.default({ strict: false, allErrors: true, unicodeRegExp: false })
    addFormats.default(ajv)
    const validate = ajv.compile(schema)
    const sarif = JSON.parse(renderReport(report, 'sarif')) as { runs: { results: unknown[] }[] }
    expect(validate(sarif) ? [] : validate.errors).toEqual([])
    expect(sarif.runs[0]?.results.length).toBe(report.checks.reduce((sum, { findings }) => sum + findings.length, 0))
    expect(JSON.stringify(sarif)).toContain('"uri":"a&b%20%231.md"')
    expect(JSON.stringify(sarif)).toContain(JSON.stringify('\\[see\\](0).md links to gone.md').slice(1, -1))
    expect(validate({ ...sarif, version: '2.0.0' })).toBe(false)
  })

  it('writes JUnit whose counts are those of its tests', () => {
    const xml = renderReport(report, 'junit')
    const count = (pattern: RegExp): number => xml.match(pattern)?.length ?? 0
    expect([count(/<testcase /g), count(/<failure /g), count(/<skipped /g)]).toEqual([
      report.checks.length,
      report.checks.filter(({ status }) => status === 'fail').length,
      report.checks.filter(({ status }) => status === 'unknown').length,
    ])
    expect(xml).toContain(`<testsuites name="${report.project}" tests="${report.checks.length}"`)
    expect(xml).not.toMatch(/<img|&(?!amp;|lt;|gt;|quot;|#\d+;)/)
  })

  it('writes Markdown in which names stay names', () => {
    const markdown = renderReport(report, 'markdown')
    expect(markdown).toMatch(/^# Health of .*: \d+ of 100, \w+\n/)
    expect(markdown).toContain('- `README.md:1` links to gone.md, which is not there')
    expect(markdown).toContain('not decided \\| yet')
    expect(markdown).toContain('``<img src=x onerror=alert(1)> | `a` **b**')
  })

  it('writes one page that loads nothing and runs nothing', () => {
    const html = renderReport(report, 'html')
    expect(html).not.toMatch(/<(script|link|img|iframe)|<[a-z][^>]*\s(src|href|on\w+)=|url\(|@import/i)
    expect(html).toContain('&lt;img src=x onerror=alert(1)&gt;')
    expect(html).toContain('name="viewport"')
  })
})
