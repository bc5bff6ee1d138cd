import { z } from 'zod'

const count = z.int().min(1)
const ms = z.int().min(0).max(86_400_000)
const percent = z.number().min(0).max(100)

/** What the room `resilience` takes as a guard's options; a test holds the two together. Defaults are that room's. */
export const guardSettings = z.strictObject({
  timeoutMs: ms.min(1).exactOptional().describe("One attempt's time limit"),
  deadlineMs: ms.min(1).exactOptional().describe('Limit for queue, attempts, waits and alternatives together'),
  breaker: z
    .strictObject({
      failures: count.exactOptional().describe('This many failures within the window open it'),
      failurePercent: percent.exactOptional().describe('So does this share of failures'),
      minCalls: count.exactOptional().describe('The share counts from so many calls on'),
      windowMs: ms.min(1).exactOptional(),
      openMs: ms.min(1).exactOptional().describe('How long it stays open'),
      maxOpenMs: ms.min(1).exactOptional().describe('The most that grows to'),
      probes: count.exactOptional().describe('Calls at once while half-open'),
      successes: count.exactOptional().describe('Successes in a row that close it'),
    })
    .exactOptional(),
  retry: z
    .strictObject({
      maxRetries: z.int().min(0).max(100).exactOptional().describe('0 switches retrying off'),
      delayMs: ms.exactOptional().describe('The first wait is a random part of this, doubled each time'),
      maxDelayMs: ms.exactOptional(),
      budgetPercent: percent.exactOptional().describe('Retries may add this share to the load'),
      budgetFloor: z.int().min(0).exactOptional().describe('And at least so many a minute'),
    })
    .exactOptional(),
  bulkhead: z
    .strictObject({
      maxConcurrent: count.exactOptional(),
      maxQueue: z.int().min(0).exactOptional().describe('Calls that may wait; 0 refuses at once'),
    })
    .exactOptional(),
  cache: z
    .union([
      z.literal(false),
      z.strictObject({
        maxEntries: count.exactOptional(),
        freshMs: ms.exactOptional().describe('Answers younger than this are served without a call'),
        revalidateMs: ms.exactOptional().describe('For so long after that they are served at once while one call refreshes them'),
        staleMs: ms.exactOptional().describe('Answers younger than this stand in for a call that failed'),
      }),
    ])
    .exactOptional()
    .describe('false: nothing is cached'),
})
