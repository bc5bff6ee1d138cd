import { once } from 'node:events'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { createTestYard } from '@switchyard/testkit'
import { describe, expect, it } from 'vitest'
import { createDemultiplexer, readContainerLogs } from './container-logs.ts'
import type { LogEntry } from './entry.ts'
import { parseJournalLine, readJournal } from './journal.ts'

const frame = (stream: number, text: string): Buffer => {
  const header = Buffer.alloc(8)
  header[0] = stream
  header.writeUInt32BE(Buffer.byteLength(text), 4)
  return Buffer.concat([header, Buffer.from(text)])
}

describe('createDemultiplexer()', () => {
  it('puts lines together from frames that are cut anywhere', () => {
    const bytes = Buffer.concat([frame(1, 'one\ntw'), frame(2, 'oops\n'), frame(1, 'o\nthree')])
    for (let size = 4; size < bytes.length; size++) {
      const lines: string[] = []
      const demultiplexer = createDemultiplexer((line) => lines.push(line))
      for (let start = 0; start < bytes.length; start += size) demultiplexer.add(bytes.subarray(start, start + size))
      demultiplexer.end()
      expect(lines).toEqual(['one', 'oops', 'two', 'three'])
    }
  })

  it('takes the output of a container with a terminal as it is', () => {
    const lines: string[] = []
    const demultiplexer = createDemultiplexer((line) => lines.push(line))
    demultiplexer.add(Buffer.from('plain\nlines\n'))
    demultiplexer.end()
    expect(lines).toEqual(['plain', 'lines'])
  })
})

describe('readContainerLogs()', () => {
  it('asks the engine for a time and reads what it says', async () => {
    await using kit = await createTestYard({ plugins: [] })
    const socket = join(kit.dir, 'engine.sock')
    const asked: (string | undefined)[] = []
    const server = createServer((request, response) => {
      asked.push(request.url)
      if (!request.url?.includes('/web/')) return void response.writeHead(404).end('{"message":"No such container"}')
      response.end(Buffer.concat([frame(1, '2026-11-21T10:00:00.5Z up\n'), frame(2, '2026-11-21T10:00:01Z ERROR down\n')]))
    }).listen(socket)
    await once(server, 'listening')
    const entries: LogEntry[] = []
    const read = (container: string): Promise<string | undefined> =>
      readContainerLogs(socket, container, { sinceMs: 1_500, limit: 1 }, (entry) => void entries.push(entry), {
        signal: new AbortController().signal,
        nowMs: 0,
      })
    expect(await read('web')).toBeUndefined()
    expect(asked[0]).toBe('/v1.41/containers/web/logs?stdout=1&stderr=1&timestamps=1&since=1')
    expect(entries).toMatchObject([
      { text: 'up', source: 'web', atMs: Date.UTC(2026, 10, 21, 10, 0, 0, 500) },
      { text: 'ERROR down', level: 'error' },
    ])
    expect(await read('other')).toBe('there is no container "other"')
    server.close()
    expect(await readContainerLogs(undefined, 'web', { limit: 1 }, () => {}, { signal: new AbortController().signal, nowMs: 0 })).toContain(
      'no socket',
    )
  })
})

describe('parseJournalLine()', () => {
  it('reads what journalctl writes, also a message that is no UTF-8', () => {
    const line = JSON.stringify({ __REALTIME_TIMESTAMP: '1795255200000123', PRIORITY: '3', MESSAGE: 'failed' })
    expect(parseJournalLine(line, 'api.service')).toEqual({
      atMs: 1_795_255_200_000,
      level: 'error',
      text: 'failed',
      source: 'api.service',
    })
    expect(parseJournalLine('{"MESSAGE":[104,105]}', 'x')).toMatchObject({ text: 'hi', atMs: undefined, level: undefined })
    expect(parseJournalLine('-- No entries --', 'x')).toBeUndefined()
  })
})

describe('readJournal()', () => {
  it('says why where there is none to read, and never throws', async () => {
    const entries: LogEntry[] = []
    const problem = await readJournal('no-such-unit-at-all.service', { limit: 1 }, (entry) => void entries.push(entry), {
      signal: new AbortController().signal,
    })
    expect(entries).toEqual([])
    expect(problem ?? '').not.toContain('undefined')
  })
})
