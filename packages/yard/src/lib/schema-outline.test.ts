import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { outlineOf } from './schema-outline.ts'

const text = (schema: z.ZodType): string => JSON.stringify(outlineOf(schema))

describe('outlineOf()', () => {
  it('is the same for the same schema, made anew', () => {
    const make = () => z.object({ env: z.enum(['test', 'live']).default('test'), limit: z.int().min(1).max(9).optional() })
    expect(text(make())).toBe(text(make()))
  })

  it('differs wherever what may be said differs', () => {
    const schemas = [
      z.object({ env: z.string() }),
      z.object({ env: z.string().optional() }),
      z.object({ env: z.string().default('test') }),
      z.object({ env: z.enum(['test']) }),
      z.object({ env: z.enum(['test', 'live']) }),
      z.object({ env: z.string().regex(/^a/) }),
      z.object({ env: z.array(z.string()) }),
      z.object({ env: z.int().min(1) }),
      z.object({ env: z.int().min(2) }),
      z.object({ env: z.url() }),
      z.object({ service: z.string() }),
    ]
    expect(new Set(schemas.map(text)).size).toBe(schemas.length)
  })

  it('ends in a schema that holds itself', () => {
    interface Tree {
      readonly children: readonly Tree[]
    }
    const tree: z.ZodType<Tree> = z.object({ children: z.array(z.lazy(() => tree)) })
    expect(text(tree).length).toBeLessThan(1_000)
    const getter = z.object({
      get next() {
        return getter.optional()
      },
    })
    expect(text(getter).length).toBeLessThan(1_000)
  })
})
