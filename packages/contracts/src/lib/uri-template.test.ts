import { describe, expect, it } from 'vitest'
import { parseUriTemplate, uriTemplateMistake } from './uri-template.ts'

describe('parseUriTemplate()', () => {
  it('expands each value escaped, so that none can reach out of its place', () => {
    const template = parseUriTemplate('ops://{project}/issues/{id}')
    expect(template.variables).toEqual(['project', 'id'])
    expect(template.expand({ project: 'a/b c', id: 7 })).toBe('ops://a%2Fb%20c/issues/7')
    expect(template.expand({ project: "!'()*", id: 'ä' })).toBe('ops://%21%27%28%29%2A/issues/%C3%A4')
  })

  it('matches back what it expanded, and nothing of another form', () => {
    const template = parseUriTemplate('ops://issues/{id}')
    for (const id of ['i-1', 'a/b', '100%', 'ä ö', '{id}']) expect(template.match(template.expand({ id }))).toEqual({ id })
    for (const uri of ['ops://issues', 'ops://issues/', 'ops://issues/a/b', 'xops://issues/a', 'ops://issues/a?b', 'ops://issues/%E0%A4'])
      expect(template.match(uri), uri).toBeUndefined()
    expect(parseUriTemplate('ops://a.b').match('ops://axb')).toBeUndefined()
    expect(parseUriTemplate('ops://health').match('ops://health')).toEqual({})
  })
})

describe('uriTemplateMistake()', () => {
  it.for([
    ['issues/{id}', 'a scheme'],
    ['ops://issues/{id', 'a scheme'],
    ['ops://issues {id}', 'a scheme'],
    ['ops://issues/{?id}', 'no operators'],
    ['ops://issues/{}', 'no operators'],
    ['ops://{id}/{id}', 'once'],
    ['ops://{a}{b}', 'literal text between'],
  ] as const)('finds what is wrong with %s', ([text, mistake]) => {
    expect(uriTemplateMistake(text)).toContain(mistake)
    expect(() => parseUriTemplate(text)).toThrow(TypeError)
  })
})
