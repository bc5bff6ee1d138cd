import type { StateDefinition } from '@switchyard/plugin-kit'

/** Who may see and change a namespace. */
export type Rules = Pick<StateDefinition, 'namespace' | 'access' | 'readers' | 'shared'>

/** Answers with the reason why not, for people, or undefined. */
export interface Access {
  mayRead(who: string, rules: Rules): string | undefined
  mayWrite(who: string, rules: Rules): string | undefined
  /** Of whoever sent a message: its imports are known where it runs, and were looked at there. */
  mayAsk(who: string, rules: Rules): string | undefined
  mayTell(who: string, rules: Rules): string | undefined
}

export function ownerOf(namespace: string): string {
  return namespace.slice(0, namespace.indexOf('/'))
}

export function createAccess(imports: Readonly<Record<string, readonly string[]>>, operators: readonly string[]): Access {
  const isFree = (who: string, { namespace }: Rules): boolean => who === ownerOf(namespace) || operators.includes(who)

  function mayAsk(who: string, rules: Rules): string | undefined {
    if (isFree(who, rules)) return undefined
    if (rules.access === 'private') return 'it is private to its owner'
    return rules.access === 'public' || rules.readers.includes(who) ? undefined : 'it is granted to other plugins only'
  }

  function mayRead(who: string, rules: Rules): string | undefined {
    if (isFree(who, rules)) return undefined
    return mayAsk(who, rules) ?? (imports[who]?.includes(rules.namespace) ? undefined : 'a plugin must declare what it imports')
  }

  return {
    mayAsk,
    mayRead,
    mayWrite(who, rules) {
      if (isFree(who, rules)) return undefined
      return mayRead(who, rules) ?? (rules.shared ? undefined : 'only its owner writes it')
    },
    mayTell(who, rules) {
      if (isFree(who, rules)) return undefined
      return mayAsk(who, rules) ?? (rules.shared ? undefined : 'only its owner writes it')
    },
  }
}
