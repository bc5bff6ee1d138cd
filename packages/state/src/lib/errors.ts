import { SwitchyardError } from '@switchyard/contracts'

export function stateDenied(who: string, action: 'read' | 'write' | 'lock', namespace: string, reason: string): SwitchyardError {
  return new SwitchyardError('STATE_DENIED', `Cannot ${action} "${namespace}" as ${reason}: it is "${who}" that asks`, {
    data: { who, action, namespace },
  })
}

export function stateUnknown(namespace: string): SwitchyardError {
  return new SwitchyardError('STATE_UNKNOWN', `Cannot open "${namespace}" as a plugin must define it: none here does`, {
    data: { namespace },
    next: 'switchyard state list',
  })
}

export function stateNewer(action: 'open' | 'write', namespace: string, known: number, found: number): SwitchyardError {
  return new SwitchyardError(
    'STATE_NEWER',
    `Cannot ${action} "${namespace}" as its version must be at most the one known here, ${known}: a later one, ${found}, wrote it`,
    { data: { namespace, known, found }, next: `Update the plugin "${namespace.slice(0, namespace.indexOf('/'))}" here, and restart` },
  )
}

export function stateInvalid(namespace: string, field: string, mistakes: string): SwitchyardError {
  return new SwitchyardError('STATE_INVALID', `Cannot write "${namespace}" as "${field}" must fit its schema: ${mistakes}`, {
    data: { namespace, field },
  })
}

export function stateClosed(namespace: string): SwitchyardError {
  return new SwitchyardError('STATE_CLOSED', `Cannot use "${namespace}" as its state must be open: it was closed`, { data: { namespace } })
}

export function stateLocked(name: string, holders: readonly string[]): SwitchyardError {
  return new SwitchyardError('STATE_LOCKED', `Cannot lock "${name}" as nobody else may hold it: held by ${holders.join(', ')}`, {
    data: { name, holders },
    retryable: true,
  })
}

export function stateLockLost(name: string, token: number): SwitchyardError {
  return new SwitchyardError('STATE_LOCK_LOST', `Cannot go on as lock "${name}" must still be held: its time was over`, {
    data: { name, token },
  })
}

export function stateHistory(namespace: string, sinceMs: number): SwitchyardError {
  const since = new Date(sinceMs).toISOString()
  return new SwitchyardError(
    'STATE_HISTORY',
    `Cannot tell what "${namespace}" held as its history must reach back so far: it begins ${since}`,
    {
      data: { namespace, sinceMs },
    },
  )
}
