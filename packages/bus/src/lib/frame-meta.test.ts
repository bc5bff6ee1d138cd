import { systemClock } from '@switchyard/contracts'
import { describe, expect, it } from 'vitest'
import { Core } from './core.ts'
import { Envelope, EVENT_TERMS, type Terms } from './envelope.ts'
import { FrameMeta } from './frame-meta.ts'
import { TraceRoot } from './ids.ts'
import type { LinkMeta } from './link.ts'

const open = (): { core: Core; metas: FrameMeta } => {
  const core = new Core({}, systemClock)
  return { core, metas: new FrameMeta(core) }
}

const message = (core: Core, root?: TraceRoot, terms: Terms = EVENT_TERMS): Envelope =>
  new Envelope(core.ids, 'a/b', 'ops', 5, 1, {}, 2, 1_000, root, 0, terms)

describe('FrameMeta', () => {
  it('sends numbers that mean the same ids to the receiver', () => {
    const { core, metas } = open()
    const sent = message(core)
    const meta = metas.ofMessage(sent)
    expect(meta.messageId).toBeUndefined()
    const { foreign, root } = open().metas.originOf(meta)
    expect([foreign.id, root?.id]).toEqual([sent.messageId, sent.sealed.headers.traceparent?.slice(3, 35)])
    expect(sent.sealed.headers.traceparent).toContain(foreign.span)
  })

  it('passes on the trace of a third process by its id', () => {
    const { core, metas } = open()
    const begun = new TraceRoot(open().core.ids, 7)
    expect(open().metas.originOf(metas.ofMessage(message(core, begun))).root?.id).toBe(begun.id)
  })

  it('keeps the flags of a trace that is not recorded', () => {
    const { core, metas } = open()
    const meta = metas.ofMessage(message(core, new TraceRoot(core.ids, 'a'.repeat(32), '00')))
    expect(open().metas.originOf(meta).root?.flags).toBe('00')
  })

  it('keeps other headers beside the numbers', () => {
    const { core, metas } = open()
    const meta = metas.ofMessage(message(core, undefined, { ...EVENT_TERMS, extra: { userId: 'u' } }))
    expect(open().metas.originOf(meta).extra).toEqual({ userId: 'u' })
  })

  it.each<[string, LinkMeta]>([
    ['an origin that is none', { origin: 'nonsense', number: 1, trace: 1 }],
    ['a number that is none', { origin: '0123456789ab4def8abc', number: -1, trace: 1 }],
    ['no number', { origin: '0123456789ab4def8abc' }],
  ])('does not believe %s', (_, meta) => {
    expect(open().metas.originOf(meta)).toEqual({ foreign: { id: '', span: '' }, root: undefined, extra: undefined })
  })

  it.each(['nonsense', '0'.repeat(32), -1, 1.5, undefined])('begins a new trace instead of %s', (trace) => {
    const meta: LinkMeta = { origin: '0123456789ab4def8abc', number: 1, trace }
    expect(open().metas.originOf(meta).root).toBeUndefined()
  })
})
