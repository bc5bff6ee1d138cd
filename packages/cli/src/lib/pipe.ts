/**
 * Writes until that fails; from then on text is dropped, and what runs runs on. A reader that went away (`| head`) is no failure;
 * anything else, such as a full disk, is handed to `onFailure`.
 */
export function writeQuietly(stream: NodeJS.WritableStream, onFailure: (error: Error) => void): (text: string) => void {
  let open = true
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (open && error.code !== 'EPIPE') onFailure(error)
    open = false
  })
  return (text) => {
    if (open) stream.write(text)
  }
}
