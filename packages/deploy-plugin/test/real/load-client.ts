// Asks PORT for pages of each HOST, over connections that it keeps open, until its stdin ends; then says what it saw.
import { Agent, request } from 'node:http'

const [port, ...hosts] = process.argv.slice(2)
/** Each asks again soon after its answer: often enough to meet every moment of a switch, and leaving the machine to others. */
const WORKERS = 4
const PAUSE_MS = 2

const agent = new Agent({ keepAlive: true, maxSockets: WORKERS * hosts.length })
const seen = { asked: 0, reused: 0, failed: [] as string[], pages: {} as Record<string, number> }
let isOver = false

function ask(host: string): Promise<void> {
  return new Promise((resolve) => {
    seen.asked++
    const fail = (why: string): void => {
      if (seen.failed.length < 20) seen.failed.push(`${host} ${why}`)
      resolve()
    }
    const asked = request({ port: Number(port), host: '127.0.0.1', path: '/', method: 'GET', agent, headers: { host } }, (answer) => {
      let text = ''
      answer.setEncoding('utf8')
      answer.on('data', (chunk: string) => {
        text += chunk
      })
      answer.on('error', (error) => fail(error.message))
      answer.on('end', () => {
        const page = text.trim()
        seen.pages[page] = (seen.pages[page] ?? 0) + 1
        if (answer.statusCode !== 200) fail(`status ${answer.statusCode}`)
        else resolve()
      })
    })
    // Who keeps connections open loses a request where one is closed just then: a switch must not do that.
    asked.on('error', (error) => fail(`${error.message}${asked.reusedSocket ? ', over a connection that was used before' : ''}`))
    asked.on('socket', () => {
      if (asked.reusedSocket) seen.reused++
    })
    asked.end()
  })
}

async function work(host: string): Promise<void> {
  while (!isOver) {
    await ask(host)
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
  }
}

process.stdin.on('end', () => {
  isOver = true
})
process.stdin.resume()
const all = hosts.flatMap((host) => Array.from({ length: WORKERS }, () => work(host)))
process.stdout.write('begun\n')
await Promise.all(all)
agent.destroy()
process.stdout.write(`${JSON.stringify(seen)}\n`)
