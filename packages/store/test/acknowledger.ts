/** Writes for ever, and prints each number once it is committed: `acknowledger.ts PATH`. */
import { writeSync } from 'node:fs'
import { openStore } from '@switchyard/store'

const [path = ''] = process.argv.slice(2)
const store = openStore({ path })
store.migrate('log', ['CREATE TABLE log_entry (n INTEGER PRIMARY KEY, text TEXT) STRICT'])
const log = store.prepare('INSERT INTO log_entry VALUES (?, ?)')
const last = store.prepare('SELECT coalesce(max(n), 0) AS n FROM log_entry').get<{ n: number }>()?.n ?? 0
const text = 'x'.repeat(500)

async function acknowledge(n: number): Promise<void> {
  await store.commit(() => log.run(n, text), { durable: n % 2 === 0 })
  writeSync(1, `${n}\n`)
}

for (let n = last + 1; ; n += 10) {
  store.transact(() => log.run(n, text), { durable: true })
  writeSync(1, `${n}\n`)
  await Promise.all(Array.from({ length: 9 }, (_, index) => acknowledge(n + 1 + index)))
}
