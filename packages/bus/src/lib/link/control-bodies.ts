import { type Grant, isTopic, isTopicPattern, MAX_TOPIC_LENGTH } from '@switchyard/contracts'
import { isOrigin } from '../ids.ts'
import type { Want } from './interest.ts'
import { CLASSES, HEADER_BYTES, type Lane, ROUTE_NUMBERS, type RouteClass } from './wire.ts'

/*
 * The bodies of control frames as a client sends them, checked before the hub believes a word of them. Each returns
 * undefined for a body that breaks the rules.
 */

const MAX_SLOT = 0xffff_ffff
const MAX_IDENTITY_LENGTH = 128
const MAX_GRANT_ENTRIES = 4_096

export function readJson(bytes: Buffer, start: number, end: number): unknown {
  try {
    return JSON.parse(bytes.toString('utf8', start + HEADER_BYTES, end))
  } catch {
    return undefined
  }
}

export interface DefineBody {
  number: number
  slot: number
  class: RouteClass
  subject: string
  destination: string
  origin: string
}

export function readDefine(body: unknown): DefineBody | undefined {
  if (!Array.isArray(body)) return undefined
  const [number, slot, routeClass, subject, destination, origin = ''] = body as unknown[]
  if (!isIndex(number, ROUTE_NUMBERS - 1) || !isIndex(slot, MAX_SLOT) || typeof subject !== 'string') return undefined
  if (typeof destination !== 'string' || destination.length === 0 || destination.length > MAX_IDENTITY_LENGTH) return undefined
  if (routeClass === CLASSES.answer ? subject !== '' : !isTopic(subject)) return undefined
  if (routeClass !== CLASSES.publish && routeClass !== CLASSES.request && routeClass !== CLASSES.answer) return undefined
  if (origin !== '' && !isOrigin(origin)) return undefined
  return { number, slot, class: routeClass, subject, destination, origin }
}

export function readAttach(body: unknown): { slot: number; identity: string; grant: Grant } | undefined {
  if (!Array.isArray(body)) return undefined
  const [slot, identity, grant] = body as unknown[]
  if (!isIndex(slot, MAX_SLOT) || !isIdentity(identity) || !isGrant(grant)) return undefined
  return { slot, identity, grant }
}

export interface ListenBody {
  slot: number
  want: Want
  pattern: string
  on: boolean
}

export function readListens(body: unknown): ListenBody[] | undefined {
  if (!Array.isArray(body)) return undefined
  const listens: ListenBody[] = []
  for (const entry of body as unknown[]) {
    if (!Array.isArray(entry)) return undefined
    const [slot, want, pattern, on] = entry as unknown[]
    if (!isIndex(slot, MAX_SLOT) || (want !== 'topic' && want !== 'request') || typeof on !== 'boolean') return undefined
    if (typeof pattern !== 'string' || !isTopicPattern(pattern)) return undefined
    listens.push({ slot, want, pattern, on })
  }
  return listens
}

export function readTaken(body: unknown): { lane: Lane; bytes: number } | undefined {
  if (!Array.isArray(body)) return undefined
  const [lane, bytes] = body as unknown[]
  if ((lane !== 1 && lane !== 2) || !isIndex(bytes, Number.MAX_SAFE_INTEGER)) return undefined
  return { lane, bytes }
}

/** A body that is one small number. */
export function readNumber(body: unknown): number | undefined {
  if (!Array.isArray(body)) return undefined
  const [number] = body as unknown[]
  return isIndex(number, Number.MAX_SAFE_INTEGER) ? number : undefined
}

function isIndex(value: unknown, max: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= max
}

function isIdentity(value: unknown): value is string {
  return typeof value === 'string' && value.length <= MAX_IDENTITY_LENGTH && value !== '*' && isTopic(value)
}

function isGrant(value: unknown): value is Grant {
  if (typeof value !== 'object' || value === null) return false
  const { publish, hear, call } = value as Record<string, unknown>
  return [publish, hear, call].every(
    (list) =>
      Array.isArray(list) &&
      list.length <= MAX_GRANT_ENTRIES &&
      list.every((entry) => typeof entry === 'string' && entry.length <= MAX_TOPIC_LENGTH),
  )
}
