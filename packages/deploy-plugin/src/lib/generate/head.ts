/** What every generated file begins with. */
export const HEAD = `Made by switchyard deploy generate from switchyard.deploy.json and what the project holds.
Edit it: the next run keeps your edits, and refuses where both changed the same lines.
`.trimEnd()

export const commented = (text: string): string =>
  text
    .split('\n')
    .map((line) => `# ${line}\n`)
    .join('')
