import type {Storage} from '@pixelpulse/common/storage'
import sharp from 'sharp'

/** What S3 tells a function, as far as it is looked at. */
export interface ObjectCreatedEvent {
  readonly Records: readonly {
    readonly eventName: string
    readonly s3: {readonly object: {readonly key: string}}
  }[]
}

const side = 320
const maxPixels = 50_000_000

/**
 * Makes the thumbnail of each new image: `assets/DESIGN/ASSET` → `thumbnails/DESIGN/ASSET.webp`. Done twice it is the same.
 * @throws when one could not be made for a reason that may pass, so that the event comes again; what is no image is left alone.
 */
export function createHandler(storage: Storage): (event: ObjectCreatedEvent) => Promise<void> {
  return async ({Records: records}) => {
    const keys = records
      .filter(({eventName}) => eventName.replace(/^s3:/, '').startsWith('ObjectCreated:'))
      .map(({s3}) => decodeURIComponent(s3.object.key.replaceAll('+', ' ')))
      .filter((key) => key.startsWith('assets/'))
    const ended = await Promise.allSettled([...new Set(keys)].map((key) => makeThumbnail(storage, key)))
    const failed = ended.filter((one) => one.status === 'rejected').map((one) => one.reason as Error)
    if (failed.length > 0)
      throw new AggregateError(failed, `${failed.length} of ${ended.length} thumbnails failed`)
  }
}

async function makeThumbnail(storage: Storage, key: string): Promise<void> {
  const bytes = await storage.get(key)
  const picture = await shrink(bytes)
  if (!picture) return
  await storage.put(`${key.replace(/^assets/, 'thumbnails')}.webp`, picture, 'image/webp')
}

/** undefined: this is no image, and will be none. */
async function shrink(bytes: Uint8Array): Promise<Buffer | undefined> {
  const image = sharp(bytes, {limitInputPixels: maxPixels, failOn: 'truncated'}).timeout({seconds: 20})
  return image
    .rotate()
    .resize({width: side, height: side, fit: 'inside', withoutEnlargement: true})
    .webp({quality: 80})
    .toBuffer()
    .catch(() => undefined)
}
