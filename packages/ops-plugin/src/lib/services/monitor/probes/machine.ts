import { readFile, statfs } from 'node:fs/promises'
import { freemem, totalmem } from 'node:os'
import { resolve } from 'node:path'
import { withDeadline } from '../../deadline.ts'
import type { CheckOf } from '../../definition.ts'
import { judge, type ProbeSurroundings, unknown, type Verdict, worst } from '../verdict.ts'

/** Space and inodes of the file system that holds the path; what only root may use counts as used, as `df` has it. */
export async function probeDisk(check: CheckOf<'disk'>, around: ProbeSurroundings): Promise<Verdict> {
  try {
    // A dead network file system never answers.
    const outcome = await withDeadline(around, check.timeoutMs, () => statfs(resolve(around.workspace, check.path)))
    if (outcome.ended === 'too-late')
      return unknown('timeout', `the file system of ${check.path} did not answer within ${check.timeoutMs} ms`)
    const { blocks, bfree, bavail, files, ffree } = outcome.value
    const used = blocks - bfree
    const limits = { limit: check.maxUsedPercent, warn: check.warnUsedPercent, unit: '%' }
    const verdicts = [judge('limit', `used space of ${check.path}`, percentOf(used, used + bavail), limits)]
    // Some file systems, such as btrfs, have no fixed number of inodes.
    if (files > 0) verdicts.push(judge('limit', `used inodes of ${check.path}`, percentOf(files - ffree, files), limits))
    return worst(verdicts)
  } catch (error) {
    around.signal.throwIfAborted()
    return unknown('no-access', `${check.path} cannot be looked at: ${(error as NodeJS.ErrnoException).code ?? String(error)}`)
  }
}

/** What is neither free nor given back at once when needed. */
export async function probeMemory(check: CheckOf<'memory'>): Promise<Verdict> {
  const info = await readFile('/proc/meminfo', 'latin1').catch(() => '')
  const kilobytes = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(info)?.[1] ?? Number.NaN)
  const [total, available] = [kilobytes('MemTotal'), kilobytes('MemAvailable')]
  const used = Number.isNaN(total + available) ? percentOf(totalmem() - freemem(), totalmem()) : percentOf(total - available, total)
  return judge('limit', 'used memory', used, { limit: check.maxUsedPercent, warn: check.warnUsedPercent, unit: '%' })
}

const percentOf = (part: number, whole: number): number => (whole === 0 ? 0 : Math.round((part / whole) * 1_000) / 10)
