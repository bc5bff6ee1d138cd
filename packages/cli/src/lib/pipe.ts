/** Writes until the reader goes away (`| head`); from then on text is dropped without a word, and what runs runs on. */
export function writeQuietly(stream: NodeJS.WritableStream): (text: string) => void {
  let open = true
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    open = false
  })
  return (text) => {
    if (open) stream.write(text)
  }
}
