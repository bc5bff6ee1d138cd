/** Waits for a line, then opens, migrates and writes `count` times: `writer.ts PATH NAME COUNT`. */
import { readSync, writeSync } from 'node:fs'
import { openStore } from '@switchyard/store'

const [path = '', name = '', count = ''] = process.argv.slice(2)
writeSync(1, 'ready\n')
readSync(0, new Uint8Array(1))

const store = openStore({ path, busyTimeoutMs: 30_000 })
store.migrate('log', ['CREATE TABLE log_entry (writer TEXT, n INTEGER, PRIMARY KEY (writer, n)) STRICT'])
store.migrate('counter', ['CREATE TABLE counter_total (value INTEGER NOT NULL) STRICT', 'INSERT INTO counter_total VALUES (0)'])
const log = store.prepare('INSERT INTO log_entry VALUES (?, ?)')
const read = store.prepare('SELECT value FROM counter_total')
const write = store.prepare('UPDATE counter_total SET value = ?')

function step(n: number): void {
  log.run(name, n)
  write.run((read.get<{ value: number }>()?.value ?? Number.NaN) + 1)
}

const waiting: Promise<void>[] = []
for (let n = 0; n < Number(count); n++) {
  if (n % 2 === 0) store.transact(() => step(n), { durable: n % 20 === 0 })
  else waiting.push(store.commit(() => step(n), { durable: n % 3 === 0 }))
  if (n % 11 === 0) await Promise.all(waiting.splice(0))
}
await Promise.all(waiting)
store.close()
