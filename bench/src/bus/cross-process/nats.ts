// nats.ts ROLE PORT: one process of the peer that meets through nats-server.
import { connect } from '@nats-io/transport-node'
import { BURST, drive, KILOBYTE, MESSAGES_A_ROUND, ready, SMALL, turn } from './driver.ts'

const [role, port = ''] = process.argv.slice(2)
// Its faster setting: without a stack trace for each request.
const connection = await connect({ servers: `127.0.0.1:${port}`, noAsyncTraces: true })

if (role === 'server') {
  let heard = 0
  connection.subscribe('math.add', {
    callback(_, message) {
      const { a, b } = message.json<{ a: number; b: number }>()
      message.respond(JSON.stringify({ sum: a + b }))
    },
  })
  connection.subscribe('bench.one-way', {
    callback(_, message) {
      message.json()
      heard++
      if (heard % MESSAGES_A_ROUND === 0) connection.publish('bench.heard')
    },
  })
  connection.subscribe('bench.flood', { callback: (_, message) => void message.json() })
  await connection.flush()
  ready()
} else {
  let onHeard: () => void = () => undefined
  connection.subscribe('bench.heard', { callback: () => onHeard() })
  await connection.flush()
  const add = async (index: number): Promise<unknown> => {
    const answer = await connection.request('math.add', JSON.stringify({ a: index, b: 1 }), { timeout: 30_000 })
    return answer.json()
  }
  drive({
    request: add,
    async oneWay() {
      const heard = new Promise<void>((resolve) => {
        onHeard = resolve
      })
      for (let index = 0; index < MESSAGES_A_ROUND; index++) {
        connection.publish('bench.one-way', JSON.stringify(SMALL))
        if (index % BURST === BURST - 1) await turn()
      }
      await heard
    },
    urgent: () => add(1),
    async flood(signal) {
      while (!signal.aborted) {
        for (let index = 0; index < BURST; index++) connection.publish('bench.flood', JSON.stringify(KILOBYTE))
        await turn()
      }
      await connection.flush()
    },
  })
}
