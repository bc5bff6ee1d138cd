import type { LinkFrame } from './link.ts'

/** What all frames of one request have in common. */
export type Kept = Pick<LinkFrame, 'subject' | 'peer' | 'call' | 'priority'>

/** Sends the frames that follow a request. */
export interface FramePort {
  /** False when the next one should wait for `room`. Never throws: there is nobody to tell. */
  follow(kept: Kept, kind: LinkFrame['kind'], source: string, payload: unknown): boolean
  room(): Promise<void>
  /** Nothing more is expected for this call of ours. */
  forget(call: number): void
}
