import { createGuard, type Guard } from '@switchyard/resilience'
import type { GuardRule } from './api.ts'
import type { BreakerTable } from './breaker-table.ts'
import type { Core } from './core.ts'
import { Recent } from './recent.ts'

export interface Guarded {
  readonly guard: Guard
  readonly rule: GuardRule
  readonly alternatives: readonly string[]
}

const UNGUARDED: unique symbol = Symbol('unguarded')
/** Methods whose rule is kept at hand. */
const METHODS = 4_096

/** The guards of one process's callers, made as methods are called. */
export class Guards {
  readonly #core: Core
  readonly #ruleOf: ((method: string) => GuardRule | undefined) | undefined
  readonly #table: BreakerTable | undefined
  readonly #byName = new Map<string, Guard>()
  readonly #byMethod = new Recent<string, Guarded | typeof UNGUARDED>(METHODS)

  constructor(core: Core, ruleOf: ((method: string) => GuardRule | undefined) | undefined, table: BreakerTable | undefined) {
    this.#core = core
    this.#ruleOf = ruleOf
    this.#table = table
  }

  /** Undefined when the method has no rule. */
  of(method: string): Guarded | undefined {
    if (this.#ruleOf === undefined) return undefined
    let known = this.#byMethod.get(method)
    if (known === undefined) {
      known = this.#make(method)
      this.#byMethod.set(method, known)
    }
    return known === UNGUARDED ? undefined : known
  }

  #make(method: string): Guarded | typeof UNGUARDED {
    const rule = this.#ruleOf?.(method)
    if (rule === undefined) return UNGUARDED
    const name = rule.name ?? method.slice(0, Math.max(0, method.indexOf('.')))
    let guard = this.#byName.get(name)
    if (guard === undefined) {
      guard = this.#create(name, rule)
      this.#byName.set(name, guard)
    }
    return { guard, rule, alternatives: rule.alternatives ?? [] }
  }

  #create(name: string, rule: GuardRule): Guard {
    const { clock, wheel, random } = this.#core
    const guard = createGuard({
      name,
      clock,
      wheel,
      random,
      ...(rule.options !== undefined && { options: rule.options }),
      snapshot: this.#table?.read(name),
      onChange: (change) => {
        this.#table?.write(name, guard.breaker.snapshot(), change)
        this.#core.emit('breaker', change)
      },
    })
    return guard
  }

  get(name: string): Guard | undefined {
    return this.#byName.get(name)
  }

  get all(): Iterable<Guard> {
    return this.#byName.values()
  }

  close(): void {
    for (const guard of this.#byName.values()) guard.close()
  }
}
