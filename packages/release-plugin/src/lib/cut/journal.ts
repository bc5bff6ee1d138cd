import {
  closeSync,
  existsSync,
  fchmodSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { releasePlan } from '../plan/release-plan.ts'
import { cutUnderWay, cutUnknown, journalDamaged } from './errors.ts'

/** Whether the world outside has something: `maybe` from before it is sent until its arrival was seen. */
const outside = z.enum(['no', 'maybe', 'yes'])

const cutRecord = z.object({
  id: z.string(),
  plan: releasePlan,
  startedMs: z.number(),
  /** Done in a throwaway clone: nobody is told, nothing is recorded, and the world outside is a stand-in that these variables lead to. */
  rehearsal: z.object({ env: z.record(z.string(), z.string()) }).optional(),
  push: z.boolean(),
  hooks: z.boolean(),
  /** `open` until everything is done, or everything is taken back. */
  state: z.enum(['open', 'done', 'undone']),
  /** How often a chain was begun for it: a new one goes over all steps again. */
  attempt: z.int(),
  chain: z.string().optional(),
  /** Modes of the planned files, in the plan's order; from before the first of them is written. */
  modes: z.array(z.int()).optional(),
  /** Folders that the release makes, the outermost first. */
  folders: z.array(z.string()).optional(),
  commit: z.string().optional(),
  /** By tag name: the tag's own object, or null from just before git makes it. */
  tags: z.record(z.string(), z.string().nullable()),
  pushed: outside,
  /** What the remote's branch stood on before the push; null where it was not there. */
  pushedOver: z.string().nullable().optional(),
  /** By publish step. */
  published: z.record(z.string(), z.object({ state: outside, url: z.string().optional(), reference: z.string().optional() })),
})

/** One release that was begun: its plan, and what of it stands. No secret is ever in it. */
export type Cut = z.output<typeof cutRecord>
/** What of a cut changes as it goes on. */
type CutFacts = Omit<Cut, 'id' | 'plan' | 'startedMs' | 'hooks' | 'rehearsal'>

export interface Journal {
  /** Keeps a new cut; looks first, so one process at a time may be here. @throws CUT_UNDER_WAY where another one of the same repository is open */
  begin(cut: Cut): void
  has(id: string): boolean
  /** @throws CUT_UNKNOWN, JOURNAL_DAMAGED */
  read(id: string): Cut
  /** On disk when it returns. */
  note(id: string, facts: Partial<CutFacts>): Cut
  /** Of one repository, newest first. */
  list(root: string): Cut[]
  /** Bytes that a file had before; undefined where there was no file. */
  keepBefore(id: string, index: number, bytes: Buffer): void
  readBefore(id: string, index: number): Buffer
  /** A folder of the cut's own for what lives shorter than a step. */
  folderOf(id: string): string
  /** Removes a cut and what it kept. */
  forget(id: string): void
}

/** The journal in a folder of the plugin's own: one folder a cut, since it holds the files as they were, byte for byte. */
export function createJournal(dataDir: string): Journal {
  const folderOf = (id: string): string => join(dataDir, 'cuts', id)
  const recordOf = (id: string): string => join(folderOf(id), 'cut.json')

  function read(id: string): Cut {
    // An id is a folder's name here: whatever else it holds, it is none of ours.
    if (!/^[a-z0-9-]{1,60}$/.test(id) || !existsSync(recordOf(id))) throw cutUnknown(id, dataDir)
    let value: unknown
    try {
      value = JSON.parse(readFileSync(recordOf(id), 'utf8'))
    } catch {
      throw journalDamaged(recordOf(id))
    }
    const checked = cutRecord.safeParse(value)
    if (!checked.success) throw journalDamaged(recordOf(id))
    return checked.data
  }

  function list(root: string): Cut[] {
    const all = join(dataDir, 'cuts')
    if (!existsSync(all)) return []
    const cuts: Cut[] = []
    for (const id of readdirSync(all)) {
      try {
        cuts.push(read(id))
      } catch (error) {
        // It may be another process's own, which is forgotten at this moment.
        if (existsSync(recordOf(id))) throw error
      }
    }
    return cuts
      .filter(({ plan }) => plan.root === root)
      .sort((one, other) => other.startedMs - one.startedMs || (one.id < other.id ? 1 : -1))
  }

  function forget(id: string): void {
    rmSync(folderOf(id), { recursive: true, force: true })
    removeIfEmpty(join(dataDir, 'cuts'))
  }

  return {
    begin(cut) {
      const open = list(cut.plan.root).find(({ state }) => state === 'open')
      if (open !== undefined) throw cutUnderWay(open.id)
      mkdirSync(folderOf(cut.id), { recursive: true, mode: 0o700 })
      writeDurably(recordOf(cut.id), JSON.stringify(cut), 0o600)
    },
    has: (id) => existsSync(recordOf(id)),
    read,
    note(id, facts) {
      const cut = { ...read(id), ...facts }
      writeDurably(recordOf(id), JSON.stringify(cut), 0o600)
      return cut
    },
    list,
    keepBefore: (id, index, bytes) => writeDurably(join(folderOf(id), `before-${index}`), bytes, 0o600),
    readBefore: (id, index) => readFileSync(join(folderOf(id), `before-${index}`)),
    folderOf,
    forget,
  }
}

/** Removes a folder, unless somebody put something into it, or it is gone. */
export function removeIfEmpty(folder: string): void {
  try {
    rmdirSync(folder)
  } catch {
    // It stays.
  }
}

/** Writes a file whole or not at all, so that it survives a crash and power loss. */
export function writeDurably(path: string, bytes: string | Uint8Array, mode: number): void {
  const draft = draftOf(path)
  rmSync(draft, { force: true })
  const file = openSync(draft, 'wx', mode)
  try {
    writeFileSync(file, bytes)
    // The mask of the process may have taken bits off.
    fchmodSync(file, mode)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  renameSync(draft, path)
  const folder = openSync(dirname(path), 'r')
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}

/** Where a file is written before it takes its place; a crash may leave it behind. */
export const draftOf = (path: string): string => `${path}.switchyard-draft`
