import { describe, expect, it } from 'vitest'
import { isRequired, misfit, parseSchema, schemaOfExample } from './schema.ts'

const specOf = (text: string) => parseSchema(text).variables[0]!
const fits = (type: string, value: string): string | undefined => misfit(specOf(`# @type=${type}\nA=`), value)

describe('parseSchema()', () => {
  it('[S1] reads decorators above a variable, and words as what it is about', () => {
    expect(
      parseSchema(
        '# @defaultSensitive=false @defaultRequired=infer @generateTypes(lang=ts)\n# ---\n\n# Where it listens\n# @type=port(min=1024) @required\n# @docs("The guide", https://example.com/a) @example="80 or so"\nPORT=8080\n',
      ),
    ).toEqual({
      problems: [],
      variables: [
        {
          name: 'PORT',
          line: 7,
          column: 1,
          type: { name: 'port', options: { named: { min: '1024' }, list: [] } },
          required: true,
          sensitive: false,
          fallback: '8080',
          randomBytes: undefined,
          example: '80 or so',
          about: 'Where it listens',
          docs: ['https://example.com/a'],
          deprecated: undefined,
        },
      ],
    })
  })

  it('[S2] takes what has a value for required and all for sensitive, unless the header says otherwise', () => {
    expect(parseSchema('A=1\nB=\n').variables.map(({ required, sensitive }) => [required, sensitive])).toEqual([
      [true, true],
      [false, true],
    ])
    const header = '# @defaultRequired=true @defaultSensitive=inferFromPrefix(PUBLIC_)\n\n'
    expect(
      parseSchema(`${header}PUBLIC_A=\n# @optional @sensitive=false\nB=\n# @public\nC=\n`).variables.map(({ required, sensitive }) => [
        required,
        sensitive,
      ]),
    ).toEqual([
      [true, false],
      [false, false],
      [true, false],
    ])
  })

  it('[S3] can require a variable in some environments alone', () => {
    const spec = specOf('# @required=forEnv(production, staging)\nA=\n')
    expect([isRequired(spec, 'production'), isRequired(spec, 'dev'), isRequired(spec, undefined)]).toEqual([true, false, false])
  })

  it('[S4] knows values that are made by chance', () => {
    expect(specOf('SESSION_SECRET=randomHex(32)\n')).toMatchObject({ randomBytes: 32, fallback: undefined, required: true })
  })

  it('[S5] says where a schema is wrong', () => {
    const text =
      '# @defaultRequired=maybe\n\n# @type=color\nA=\n# @type=enum\nB=\n# @type=port\nC=http\n# @type=string(matches="(")\nD=\n# @defaultSensitive=true\nE=\n'
    expect(parseSchema(text).problems.map(({ line, message }) => `${line} ${message}`)).toEqual([
      '1 @defaultRequired must be true, false or infer',
      '3 @type must be one that is known: color',
      '5 @type=enum: must list what a value may be',
      '8 C: its own default must be a port: 0 to 65535',
      '9 @type=string: matches must be a regular expression',
      '11 @defaultSensitive must stand above the first variable',
    ])
  })

  it('reads patterns with parentheses, quotes and commas', () => {
    expect(specOf('# @type=string(matches=/^(a|b),(c)$/, minLength=3) @required\nA=\n')).toMatchObject({
      type: { options: { named: { matches: '/^(a|b),(c)$/', minLength: '3' } } },
      required: true,
    })
    expect(specOf('# @type=enum("a, b", c)\nA=\n').type.options.list).toEqual(['a, b', 'c'])
  })

  it('never throws, whatever a comment holds', () => {
    for (const text of [
      '# @',
      '# @type',
      '# @type=',
      '# @type(',
      '# @type="',
      '# @a@b=(((',
      '# @docs("\\',
      `# @type=enum(${'('.repeat(5000)}`,
    ])
      expect(() => parseSchema(`${text}\nA=1\n`)).not.toThrow()
  })
})

describe('misfit()', () => {
  it('[S6] holds each type to what it says', () => {
    const rows: [string, string[], string[]][] = [
      ['string(minLength=2, maxLength=3)', ['ab', 'abc'], ['a', 'abcd']],
      ['string(startsWith=sk_, matches="^[a-z_]+$")', ['sk_a'], ['pk_a', 'sk_1']],
      ['number(min=0, max=1.5)', ['0', '1.5', '1e0'], ['-1', 'x', '', 'Infinity']],
      ['number(isInt=true)', ['3'], ['3.5']],
      ['boolean', ['true', '0', 'off'], ['maybe', '']],
      ['url(allowedProtocols=[postgres, postgresql])', ['postgres://a/b'], ['http://a', 'a.b']],
      ['enum(dev, prod)', ['dev'], ['Dev', '']],
      ['email', ['a@b.org'], ['a@b', 'a b@c.org']],
      ['port(min=1024)', ['1024', '65535'], ['80', '65536', '80.5', '-1']],
      ['ip(version=4)', ['10.0.0.1'], ['::1', '10.0.0.256']],
      ['domain', ['app.example.com'], ['http://app.example.com', 'localhost']],
      ['semver', ['1.2.3-rc.1'], ['1.2']],
      ['isoDate', ['2026-01-31', '2026-01-31T10:00:00Z'], ['31.1.2026', '2026-13-01']],
      ['uuid', ['123e4567-e89b-12d3-a456-426614174000'], ['123']],
      ['duration', ['30s', '500', '2days'], ['soon']],
    ]
    for (const [type, good, bad] of rows) {
      for (const value of good) expect([type, value, fits(type, value)]).toEqual([type, value, undefined])
      for (const value of bad) expect([type, value, fits(type, value)]).not.toEqual([type, value, undefined])
    }
  })

  it('[S7] never says the value, and ends where a pattern would not', () => {
    for (const type of ['port', 'email', 'uuid', 'url', 'string(minLength=99)', 'enum(a)'])
      expect(fits(type, 'hunter2')).not.toContain('hunter2')
    expect(fits('string(matches="^(a+)+$")', `${'a'.repeat(60)}!`)).toBe('must match the pattern of the schema')
  })
})

describe('schemaOfExample()', () => {
  it('takes names, defaults and comments, and secrets by their names', () => {
    expect(schemaOfExample('# The key\nAPI_KEY=\nPORT=80\n').variables).toMatchObject([
      { name: 'API_KEY', sensitive: true, about: 'The key', fallback: undefined, required: false },
      { name: 'PORT', sensitive: false, fallback: '80' },
    ])
  })
})
