const MAX_SUBJECTS = 4_096

/** Lets those that serve a subject take turns; each subject has a round of its own. */
export function createTurns<peer>(): (subject: string, peers: readonly peer[]) => peer | undefined {
  const turns = new Map<string, number>()
  return (subject, peers) => {
    if (peers.length < 2) return peers[0]
    if (turns.size >= MAX_SUBJECTS) turns.clear()
    const turn = turns.get(subject) ?? 0
    turns.set(subject, turn + 1)
    return peers[turn % peers.length]
  }
}
