/** Waits for what another process or a listener brings about; the test's own time limit is the end of it. */
export async function until(what: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await what())) await new Promise((resolve) => setTimeout(resolve, 10))
}
