import { expect, it } from 'vitest'
import { isReport } from './report.ts'

for (const text of [
  'the copy hangs',
  'release is ready',
  'we fixed the typo',
  'my disk was full',
  'Ann already mounted the disk',
  'the clerk deleted it',
])
  it(`isReport() takes "${text}" for what is the matter`, () => expect(isReport(text)).toBe(true))

for (const text of [
  'is the copy done',
  'show what failed',
  'copy the disk',
  'i want what was promised',
  'i need the disk',
  'disks mounted today',
  'everything deleted since noon',
  '',
])
  it(`isReport() takes "${text}" for no report`, () => expect(isReport(text)).toBe(false))
