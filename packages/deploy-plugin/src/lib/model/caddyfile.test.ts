import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { writeFiles } from '@switchyard/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Caddyfile, portOf, readCaddyfile, upstreamsOf, walkDirectives } from './caddyfile.ts'
import { isUnread, openProjectFiles } from './project-files.ts'
import { placeOf } from './source.ts'

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'deploy-caddyfile-'))
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

function read(text: string, more: Record<string, string> = {}, variables: Record<string, string> = {}): Caddyfile {
  writeFiles(dir, { Caddyfile: text, ...more })
  const files = openProjectFiles(dir)
  const source = files.read('Caddyfile')
  if (isUnread(source)) throw new Error(source)
  return readCaddyfile(source, files, new Map(Object.entries(variables)))
}

const namesIn = ({ sites }: Caddyfile): string[] =>
  sites.flatMap(({ directives }) =>
    [...walkDirectives(directives)].map(({ directive }) => [directive.name, ...directive.args.map(({ text }) => text)].join(' ')),
  )
const problemsOf = ({ problems }: Caddyfile): string[] =>
  problems.map(({ note, spot }) => `${placeOf(spot).line}:${placeOf(spot).column} ${note}`)

describe('readCaddyfile()', () => {
  it('reads addresses over several lines, with scheme, port and path', () => {
    const { sites } = read('a.example.com,\nhttp://B.example.com:8080/api,\n:9000 {\n\trespond ok\n}\n')
    expect(sites.flatMap(({ addresses }) => addresses).map((one) => [one.scheme, one.host, portOf(one), one.path])).toEqual([
      ['https', 'a.example.com', 443, ''],
      ['http', 'b.example.com', 8080, '/api'],
      ['http', '', 9000, ''],
    ])
  })

  it('reads a file that is one site without braces', () => {
    const caddyfile = read('# mine\nlocalhost:2015\n\nfile_server\nencode gzip zstd\n')
    expect(namesIn(caddyfile)).toEqual(['file_server', 'encode gzip zstd'])
    expect(caddyfile.problems).toEqual([])
  })

  it('puts snippets and files in, with their arguments, from globs too, in order', () => {
    const caddyfile = read(
      '(up) {\n\treverse_proxy {args[0]}:{args.1}\n}\nimport sites/*.caddy\na.example.com {\n\timport up api 80\n\timport more/common\n}\n',
      {
        'more/common': 'encode gzip\n',
        'sites/b.caddy': 'b.example.com {\n\timport up web 81\n}\n',
      },
    )
    expect(caddyfile.problems).toEqual([])
    expect(namesIn(caddyfile)).toEqual(['reverse_proxy web:81', 'reverse_proxy api:80', 'encode gzip'])
  })

  it('reads quotes, backticks, heredocs, continued lines, and # inside of a word', () => {
    const caddyfile = read(
      'a.example.com {\n\trespond "a { \\"b\\" # c" 200\n\trespond `x\n}` \\\n\t\t201\n\theader A <<END\n\t} {\n\tEND\n\tredir /a#b\n}\n',
    )
    expect(caddyfile.problems).toEqual([])
    expect(namesIn(caddyfile).map((line) => line.replace(/\s+/g, ' '))).toEqual(
      ['respond a { "b" # c 200', 'respond x } 201', 'header A } { END', 'redir /a#b'].map((line) => line.replace(/\s+/g, ' ')),
    )
  })

  it('puts variables in before anything else, and says where they stand', () => {
    const caddyfile = read('{$HOST:a.example.com} {\n\treverse_proxy {$UP} {$NONE}\n}\n', {}, { UP: 'api:80' })
    expect(caddyfile.sites[0]?.addresses[0]?.host).toBe('a.example.com')
    expect(caddyfile.variables.map(({ name, hasValue, spot }) => [name, hasValue, placeOf(spot).line, placeOf(spot).column])).toEqual([
      ['HOST', true, 1, 1],
      ['UP', true, 2, 16],
      ['NONE', false, 2, 22],
    ])
  })

  it('finds upstreams after matchers, in blocks and in handles', () => {
    const { sites } = read(
      'a.example.com {\n\thandle /x/* {\n\t\treverse_proxy @y http://api:80 {\n\t\t\tto web:3000 unix//run/a.sock {http.vars.up}\n\t\t\thealth_uri /up\n\t\t}\n\t}\n\tphp_fastcgi php:9000\n}\n',
    )
    const found = sites.flatMap(({ directives }) => [...walkDirectives(directives)].flatMap(({ directive }) => upstreamsOf(directive)))
    expect(found.map(({ host, port }) => `${host}:${port}`)).toEqual(['api:80', 'web:3000', 'php:9000'])
  })

  it('says what is wrong with braces and quotes, and where', () => {
    expect(problemsOf(read('a.example.com {\n\trespond ok }\n'))).toContain('2:13 a closing brace must stand on a line of its own')
    expect(problemsOf(read('a.example.com {\n\trespond "ok\n}\n'))).toContain('2:10 the quote (") is never closed')
    expect(problemsOf(read('a.example.com {\n}\n}\n'))).toContain('3:1 closes a block that was never opened')
  })

  it('ends with imports that never would', () => {
    expect(
      problemsOf(read('(a) {\n\timport b\n\timport b\n}\n(b) {\n\timport a\n\timport a\n}\nx.example.com {\n\timport a\n}\n')).length,
    ).toBeGreaterThan(0)
    expect(problemsOf(read('x.example.com {\n\timport Caddyfile\n\timport Caddyfile\n}\n')).length).toBeGreaterThan(0)
    expect(problemsOf(read(`${'a {\n'.repeat(5_000)}`)).length).toBeGreaterThan(0)
  })
})
