import {api, ApiError} from '../api.ts'
import type {Scene} from './scene.ts'

const pauseMs = 1500

/** Keeps versions of a design: some time after the last edit, one at a time, on top of whatever is the newest then. */
export interface Versions {
  /** There is something to keep. */
  touch(): void
  /** Keeps it now. Returns the newest version. */
  keep(): Promise<number>
}

export function createVersions(id: string, version: number, read: () => Scene): Versions {
  let timer: ReturnType<typeof setTimeout> | undefined
  let newest = version
  let isTouched = false
  let keeping = Promise.resolve()

  const put = async () => {
    const scene = read()
    try {
      isTouched = false
      newest = (
        await api<{version: number}>(
          'PUT',
          `/designs/${id}/scene`,
          {scene, baseVersion: newest},
          crypto.randomUUID(),
        )
      ).version
    } catch (error) {
      isTouched = true
      // Somebody else has kept one meanwhile; theirs is in this document, too.
      if (error instanceof ApiError && error.code === 'VERSION_CONFLICT')
        newest = (await api<{version: number}>('GET', `/designs/${id}`)).version
      else throw error
    }
  }
  const keep = async () => {
    clearTimeout(timer)
    keeping = keeping
      .catch(() => undefined)
      .then(async () => {
        for (let tries = 0; isTouched && tries < 5; tries += 1) await put()
      })
    await keeping
    return newest
  }
  const touch = () => {
    isTouched = true
    clearTimeout(timer)
    timer = setTimeout(() => void keep().catch(touch), pauseMs)
  }
  return {touch, keep}
}
