import { lexemesOf } from '../arguments/lexeme.ts'
import { type Before, readingsOf } from '../compound/referent.ts'
import type { RouterModel } from '../model.ts'
import { route } from '../route.ts'
import type { Routed } from '../routed.ts'

/** What a piece of a request means, by itself or behind what stands before it, which says what "it" is and what is talked about. */
export type Reading = (text: string, before?: Before) => Routed

/** Reads the pieces of one request; each wording is routed once, as taking a request apart reads many that are parts in the end. */
export function createReading(model: RouterModel, only?: ReadonlySet<string>): Reading {
  const read = new Map<string, Routed>()
  const routeOnce = (text: string): Routed => {
    const routed = read.get(text) ?? route(model, withoutQuotes(text), only === undefined ? {} : { only })
    read.set(text, routed)
    return routed
  }
  return (text, before) => {
    let best = routeOnce(text)
    let believed = best.confidence
    for (const full of before === undefined ? [] : readingsOf(text, before)) {
      if (full.weight <= believed) continue
      const routed = routeOnce(full.text)
      if (routed.confidence * full.weight <= believed) continue
      best = routed
      believed = routed.confidence * full.weight
    }
    return best
  }
}

/** What is quoted is somebody's words or a name: it says nothing of what is to be done, unless nothing else does. */
function withoutQuotes(text: string): string {
  const rest = text.replace(
    /(?:\b(?:called|named|titled|saying)\s+)?(?:"[^"]*"|“[^”]*”|`[^`]*`|(?<![\p{L}\p{N}])'[^']*'(?![\p{L}\p{N}]))/giu,
    ' ',
  )
  return rest === text || lexemesOf(rest).length > 1 ? rest : text
}
