import { z } from 'zod'

/** Every key of `switchyard.config.json`; the descriptions are its documentation. */
export const configSchema = z.strictObject({
  $schema: z.string().optional(),
})

/** A complete configuration. */
export type YardConfig = Readonly<z.output<typeof configSchema>>
