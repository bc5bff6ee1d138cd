import type { Source } from './source.ts'

/** What the last stage of a Dockerfile says that a stack needs to know; undefined or empty where it says nothing. */
export interface Dockerfile {
  readonly exposes: readonly number[]
  readonly user: string | undefined
  readonly hasHealthcheck: boolean
  /** The image that the last stage is built on, unless it is another stage of this file. */
  readonly from: string | undefined
}

export function readDockerfile({ text }: Source): Dockerfile {
  const names = new Set<string>()
  let from: string | undefined
  let exposes: number[] = []
  let user: string | undefined
  let hasHealthcheck = false
  for (const line of text.replace(/\\\r?\n/g, ' ').split('\n')) {
    const [, word = '', rest = ''] = /^([A-Za-z]+)\s+(.*)$/s.exec(line.trim()) ?? []
    const instruction = word.toUpperCase()
    if (instruction === 'FROM') {
      const [image = '', as, name] = rest.split(/\s+/).filter((part) => !part.startsWith('--'))
      // A stage that builds on another keeps what that one said.
      if (!names.has(image)) [exposes, user, hasHealthcheck, from] = [[], undefined, false, image]
      if (as?.toLowerCase() === 'as' && name !== undefined) names.add(name)
    } else if (instruction === 'EXPOSE') {
      for (const port of rest.split(/\s+/)) if (/^\d+(\/tcp)?$/.test(port)) exposes.push(Number.parseInt(port, 10))
    } else if (instruction === 'USER') user = rest
    else if (instruction === 'HEALTHCHECK') hasHealthcheck = !/^NONE$/i.test(rest)
  }
  return { exposes, user, hasHealthcheck, from }
}
