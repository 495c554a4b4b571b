import {api} from '../api.ts'

const loaded = new Map<string, Promise<HTMLImageElement>>()

/** The image of an asset, fetched once. */
export function imageOf(assetId: string): Promise<HTMLImageElement> {
  const known = loaded.get(assetId)
  if (known) return known
  const image = api<{url: string}>('GET', `/assets/${assetId}`).then(
    ({url}) =>
      new Promise<HTMLImageElement>((resolve, reject) => {
        const element = new Image()
        element.onload = () => resolve(element)
        element.onerror = () => reject(new Error('The image cannot be fetched.'))
        element.src = url
      }),
  )
  // Tried again the next time it is needed.
  image.catch(() => loaded.delete(assetId))
  loaded.set(assetId, image)
  return image
}
