import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { inputSchemaOf, outputSchemaOf, shortened } from './json-schema.ts'

describe('inputSchemaOf()', () => {
  it('says that no fields are wanted where none are', () => {
    expect(inputSchemaOf(z.object({}))).toEqual({ type: 'object', additionalProperties: false })
  })

  it('leaves out what zod adds by itself, and nothing that an author wrote', () => {
    const schema = inputSchemaOf(z.object({ count: z.int(), few: z.int().max(9), when: z.iso.datetime(), name: z.string().regex(/^a/) }))
    expect(schema.properties).toEqual({
      count: { type: 'integer' },
      few: { type: 'integer', maximum: 9 },
      when: { type: 'string', format: 'date-time' },
      name: { type: 'string', pattern: '^a' },
    })
  })

  it('keeps a default that looks like a schema as it is', () => {
    const filter = z.object({ minimum: z.number() }).default({ minimum: Number.MIN_SAFE_INTEGER })
    expect(inputSchemaOf(z.object({ filter })).properties).toMatchObject({ filter: { default: { minimum: Number.MIN_SAFE_INTEGER } } })
  })
})

describe('outputSchemaOf()', () => {
  it('is none for what is no object', () => {
    expect(outputSchemaOf(z.array(z.string()))).toBeUndefined()
    expect(outputSchemaOf(z.object({ a: z.string() }))).toMatchObject({ type: 'object' })
  })
})

describe('shortened()', () => {
  it('lets what comes up often stand once', () => {
    const place = z.object({ street: z.string(), town: z.string(), country: z.enum(['at', 'ch', 'de']) })
    const schema = shortened(inputSchemaOf(z.object({ from: place, to: place, at: z.string() })), new Set())
    expect(schema.properties).toEqual({ from: { $ref: '#/$defs/d0' }, to: { $ref: '#/$defs/d0' }, at: { type: 'string' } })
    expect(schema.$defs).toMatchObject({
      d0: { properties: { country: { enum: ['at', 'ch', 'de'] } }, required: ['street', 'town', 'country'] },
    })
  })

  it('[M5] drops forms and falsities, ends a long description where it begins to explain, and keeps fields that are called like keywords', () => {
    const explained = 'Folder of the project; relative to the workspace, or absolute where it lies somewhere else'
    const input = z.object({
      project: z.string().min(1).describe(explained),
      strict: z.boolean().default(false),
      description: z.string(),
      format: z.string(),
    })
    expect(shortened(inputSchemaOf(input), new Set())).toEqual({
      type: 'object',
      properties: {
        project: { type: 'string', description: 'Folder of the project' },
        strict: { type: 'boolean' },
        description: { type: 'string' },
        format: { type: 'string' },
      },
      required: ['project', 'description', 'format'],
    })
  })
})
