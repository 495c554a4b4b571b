import {mkdir, open, realpath, rename} from 'node:fs/promises'
import {dirname} from 'node:path'

/** Replaces a file at once, so that a reader or a crash never sees half of it; a link stays one, and leads to the new content. */
export async function writeWhole(file: string, content: string, mode = 0o600): Promise<void> {
  await mkdir(dirname(file), {recursive: true, mode: 0o700})
  const place = await realpath(file).catch(() => file)
  const temporary = `${place}.new-${process.pid}`
  const handle = await open(temporary, 'w', mode)
  await handle.writeFile(content)
  await handle.sync()
  await handle.close()
  await rename(temporary, place)
}
