import { z } from 'zod'

const LEVELS = ['ok', 'warn', 'fail', 'unknown'] as const
export const GROUPS = ['Host', 'Engine', 'Ports', 'Network', 'Images', 'Capacity'] as const
export type Level = (typeof LEVELS)[number]

/** One thing that was looked at. `unknown` says that nobody could look, which is no failure. */
export const finding = z.object({
  check: z.string().describe('Such as disk, memory, port, image'),
  group: z.enum(GROUPS),
  subject: z.string().describe('Such as a path, a port or an image'),
  level: z.enum(LEVELS),
  measured: z.string(),
  wanted: z.string().optional().describe('What it is held to'),
  value: z.number().optional().describe('The measured value alone'),
  unit: z.string().optional(),
  advice: z.string().optional(),
})
export type Finding = z.output<typeof finding>
