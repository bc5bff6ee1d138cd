import { describe, expect, it } from 'vitest'
import { configSchema, defaultConfig } from './config.ts'
import { parseConfigDocument } from './config-document.ts'
import { commentedConfig, withPlugin } from './config-edit.ts'

describe('withPlugin()', () => {
  it('adds to what is there and keeps the comments', () => {
    expect(withPlugin('{\n  // mine\n  "plugins": ["./a.ts"]\n}\n', './b.ts')).toBe(
      '{\n  // mine\n  "plugins": [\n    "./a.ts",\n    "./b.ts"\n  ]\n}\n',
    )
  })

  it('adds the list where there is none', () => {
    const text = withPlugin(commentedConfig(), './b.ts')
    expect(parseConfigDocument('', text)).toMatchObject({ value: { plugins: ['./b.ts'] }, problems: [] })
    expect(text).toContain('// "logLevel": "warn"')
    expect(withPlugin(text, './b.ts')).toBe(text)
  })
})

describe('commentedConfig()', () => {
  it('sets nothing, and each of its lines is right once its marks are taken away', () => {
    expect(parseConfigDocument('', commentedConfig())).toMatchObject({ value: {}, problems: [] })
    for (const line of commentedConfig().split('\n')) expect(line.length).toBeLessThanOrEqual(110)
    const uncommented = commentedConfig().replaceAll(/^ {2}\/\/ (?=["{}\]]| )/gm, '')
    const { value, problems } = parseConfigDocument('', uncommented.replaceAll(/^ {2}\/\/ .*$/gm, ''))
    expect(problems).toEqual([])
    expect(value).toEqual(defaultConfig())
    expect(configSchema.safeParse(value).success).toBe(true)
  })
})
