import type { Attributes, AttributeValue } from '../spans/span.ts'

/** What OTLP in JSON is made of, the same for traces, metrics and logs. */

export interface OtlpValue {
  readonly stringValue?: string
  readonly boolValue?: boolean
  /** A 64-bit integer, which JSON writes as text. */
  readonly intValue?: string | number
  readonly doubleValue?: number
  readonly arrayValue?: { readonly values?: readonly OtlpValue[] }
  readonly kvlistValue?: { readonly values?: readonly OtlpAttribute[] }
  readonly bytesValue?: string
}

export interface OtlpAttribute {
  readonly key: string
  readonly value: OtlpValue
}

export interface OtlpResource {
  readonly attributes: readonly OtlpAttribute[]
}

export interface OtlpScope {
  readonly name: string
  readonly version?: string
}

/** Who we are to a collector. */
export function otlpResource(version: string, more: Attributes = {}): OtlpResource {
  const attributes = { 'service.name': 'switchyard', 'service.version': version, 'process.pid': process.pid, ...more }
  return { attributes: writeAttributes(attributes) }
}

/** A moment as OTLP has it: nanoseconds as text, of which we know the thousands. */
export const nanosOf = (ms: number): string => `${BigInt(Math.round(ms * 1_000))}000`

export const writeAttributes = (attributes: Attributes): OtlpAttribute[] =>
  Object.entries(attributes).map(([key, value]) => ({ key, value: writeValue(value) }))

function writeValue(value: AttributeValue): OtlpValue {
  if (typeof value === 'string') return { stringValue: value }
  if (typeof value === 'boolean') return { boolValue: value }
  if (typeof value === 'number') return Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: value }
  return { arrayValue: { values: value.map((one: string | number | boolean) => writeValue(one)) } }
}

const MAX_ATTRIBUTES = 128
const MAX_TEXT = 16_384
const MAX_LIST = 100
const MAX_DEPTH = 6

/** Milliseconds of what somebody else wrote; undefined where it is no time. */
export function readNanos(nanos: unknown): number | undefined {
  const text = typeof nanos === 'number' ? String(nanos) : nanos
  if (typeof text !== 'string' || !/^\d{1,20}$/.test(text)) return undefined
  const ms = Number(BigInt(text) / 1_000n) / 1_000
  return ms > 0 ? ms : undefined
}

/** The attributes that somebody else wrote, as far as they make sense, cut where they are too many or too long. */
export function readAttributes(given: unknown): Record<string, AttributeValue> {
  const attributes: Record<string, AttributeValue> = {}
  for (const one of listOf(given).slice(0, MAX_ATTRIBUTES)) {
    const { key, value } = recordOf(one)
    const read = attributeOf(plainOf(value, 0))
    if (typeof key === 'string' && key !== '' && key !== '__proto__' && read !== undefined) attributes[key.slice(0, 256)] = read
  }
  return attributes
}

/** A value that no attribute of ours can hold is told as JSON. */
function attributeOf(value: unknown): AttributeValue | undefined {
  if (value === undefined || value === null) return undefined
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value
  if (Array.isArray(value) && value.length > 0 && value.every((one) => typeof one === typeof value[0] && typeof one !== 'object'))
    return value as AttributeValue
  return JSON.stringify(value).slice(0, MAX_TEXT)
}

/** An `AnyValue` as plain data. */
export function plainOf(given: unknown, depth = 0): unknown {
  const { stringValue, boolValue, intValue, doubleValue, arrayValue, kvlistValue, bytesValue } = recordOf(given) as OtlpValue
  if (depth === MAX_DEPTH) return undefined
  if (typeof stringValue === 'string') return stringValue.slice(0, MAX_TEXT)
  if (typeof boolValue === 'boolean') return boolValue
  if (typeof intValue === 'number' || (typeof intValue === 'string' && /^-?\d{1,20}$/.test(intValue))) return Number(intValue)
  if (typeof doubleValue === 'number') return doubleValue
  if (typeof bytesValue === 'string') return bytesValue.slice(0, MAX_TEXT)
  if (arrayValue !== undefined)
    return listOf(recordOf(arrayValue).values)
      .slice(0, MAX_LIST)
      .map((one) => plainOf(one, depth + 1) ?? null)
  if (kvlistValue === undefined) return undefined
  const entries = listOf(recordOf(kvlistValue).values).slice(0, MAX_LIST)
  return Object.fromEntries(entries.map((one) => [String(recordOf(one).key), plainOf(recordOf(one).value, depth + 1) ?? null]))
}

export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

export const recordOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
