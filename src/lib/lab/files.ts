import {mkdir, open, rename} from 'node:fs/promises'
import {dirname} from 'node:path'

/** Replaces a file at once, so that a reader or a crash never sees half of it. */
export async function writeWhole(file: string, content: string, mode = 0o600): Promise<void> {
  await mkdir(dirname(file), {recursive: true, mode: 0o700})
  const temporary = `${file}.new-${process.pid}`
  const handle = await open(temporary, 'w', mode)
  await handle.writeFile(content)
  await handle.sync()
  await handle.close()
  await rename(temporary, file)
}
