/** Each service has two sides: while one serves, the next release starts on the other. */
export type Side = 'blue' | 'green'
export const SIDES = ['blue', 'green'] as const satisfies readonly Side[]
export const otherSide = (side: Side): Side => (side === 'blue' ? 'green' : 'blue')

/** Where one instance runs: a side has a slot for each replica, of which the first is called as the side is. */
export type Slot = Side | `${Side}-${number}`
/** Of the host's loopback. */
export type Ports = Readonly<Partial<Record<Slot, number>>>
export const slotsOf = (side: Side, replicas: number): Slot[] =>
  Array.from({ length: replicas }, (_, index) => (index === 0 ? side : (`${side}-${index + 1}` as const)))
export const isSlot = (text: string): text is Slot => /^(blue|green)(-\d+)?$/.test(text)
