/** One comparison: our side and the peer's, measured in turns in one process run. */
export interface BenchCase {
  readonly case: string
  /** Unit of both figures, such as `ns cpu` or `1/s`. */
  readonly unit: string
  /** Who we are compared with; `limit` where it is an allowed figure. */
  readonly peerName: string
  /** The least ratio that is asked of us; above 1 is better than the peer. */
  readonly floor: number
  readonly better: 'lower' | 'higher'
  /** The most rounds that are worth their time. @default as many as asked for */
  readonly rounds?: number
  /** What people see below the row, once it is measured. @default nothing */
  readonly show?: () => Promise<string>
  /** Prepares both sides; each call of `ours` or `peer` measures one round and returns its figure. */
  setup(): Promise<BenchSides>
}

interface BenchSides {
  ours(): Promise<number>
  peer(): Promise<number>
  close(): Promise<void>
}

/** A row of the report: medians of the rounds, and the median of the ratios round by round. */
export interface BenchRow {
  readonly case: string
  readonly ours: number
  readonly peer: number
  readonly peerName: string
  readonly ratio: number
  readonly floor: number
  readonly unit: string
}

/** Measures both sides in turns, A B, B A, A B …, after one round that is not counted. */
export async function runCase(bench: BenchCase, asked: number): Promise<BenchRow> {
  const rounds = Math.min(asked, bench.rounds ?? asked)
  const sides = await bench.setup()
  try {
    await sides.ours()
    await sides.peer()
    const ours: number[] = []
    const peer: number[] = []
    for (let round = 0; round < rounds; round++) {
      if (round % 2 === 0) ours.push(await sides.ours())
      peer.push(await sides.peer())
      if (round % 2 === 1) ours.push(await sides.ours())
    }
    const ratios = ours.map((figure, round) => (bench.better === 'lower' ? peer[round]! / figure : figure / peer[round]!))
    return {
      case: bench.case,
      ours: median(ours),
      peer: median(peer),
      peerName: bench.peerName,
      ratio: median(ratios),
      floor: bench.floor,
      unit: bench.unit,
    }
  } finally {
    await sides.close()
  }
}

/** A limit as a case: allowed divided by measured, which must be 1 or more. */
export function limitCase(options: {
  case: string
  unit: string
  allowed: number
  rounds?: number
  show?: () => Promise<string>
  setup(): Promise<{ measure(): Promise<number>; close(): Promise<void> }>
}): BenchCase {
  return {
    case: options.case,
    unit: options.unit,
    peerName: 'limit',
    floor: 1,
    better: 'lower',
    ...(options.rounds !== undefined && { rounds: options.rounds }),
    ...(options.show !== undefined && { show: options.show }),
    async setup() {
      const { measure, close } = await options.setup()
      return { ours: measure, peer: async () => options.allowed, close }
    },
  }
}

/** The middle value, or the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}
