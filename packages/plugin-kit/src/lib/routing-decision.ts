import { z } from 'zod'
import { defineTopic } from './topic.ts'

/** What a request in plain words was taken for, told as it is decided and before anything of it is done: `listens: [on(routingDecision, ...)]`. */
export const routingDecision = defineTopic(
  'routing/decision',
  z.object({
    request: z.string().optional().describe('Not there where it may hold a secret'),
    outcome: z.enum(['routed', 'ask', 'abstain']),
    parts: z.array(
      z.object({
        command: z.string(),
        confidence: z.number(),
        fallbacks: z.array(z.string()).describe('What else came near, nearest first'),
      }),
    ),
    strategy: z.enum(['single', 'sequential', 'parallel', 'mixed']),
    at: z.string().describe('In ISO 8601'),
  }),
)
