import { defineTopic } from '@switchyard/plugin-kit'
import { z } from 'zod'

const released = z.object({
  project: z.string().describe('Root of the repository, absolute'),
  cut: z.string().describe('Names this release to release.status, undo and resume'),
  name: z.string(),
  version: z.string(),
  tag: z.string(),
})

/** A release was approved and begins. */
export const planned = defineTopic('release/planned', released, { durable: true })
/** Its commit and tag are made, here and not yet in the remote. */
export const tagged = defineTopic('release/tagged', released.extend({ commit: z.string(), prerelease: z.boolean() }), { durable: true })
/** Everything is done that was asked for. */
export const published = defineTopic(
  'release/published',
  released.extend({ commit: z.string(), pushed: z.boolean(), places: z.array(z.object({ step: z.string(), url: z.string().nullable() })) }),
  { durable: true },
)
/** It was taken back, by itself after a failure or since somebody asked for it. */
export const undone = defineTopic('release/undone', released, { durable: true })
