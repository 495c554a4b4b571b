import {ServiceError} from '@pixelpulse/common'
import sharp from 'sharp'

/** What may be uploaded, and what sharp calls it. No SVG: it may hold scripts, and refer to anything. */
const formats = {'image/png': 'png', 'image/jpeg': 'jpeg', 'image/webp': 'webp'} as const
export type AssetType = keyof typeof formats
export const assetTypes = Object.keys(formats) as [AssetType, ...AssetType[]]

/**
 * Looks at what was uploaded: whether it is what it says it is, and decodes as a whole within the limit.
 * @throws ServiceError ASSET_REFUSED (422) with the reason.
 */
export async function inspectImage(
  bytes: Uint8Array,
  contentType: AssetType,
  maxPixels: number,
): Promise<{readonly width: number; readonly height: number}> {
  const options = {limitInputPixels: maxPixels, failOn: 'truncated'} as const
  const {
    format,
    width,
    height,
    pages = 1,
  } = await sharp(bytes, options)
    .metadata()
    .catch((error: unknown) => {
      throw refused('this is no image that can be read', error)
    })
  if (format !== formats[contentType]) throw refused(`it says ${contentType} and is ${format}`)
  if (width * height * pages > maxPixels)
    throw refused(
      `${width} × ${height}${pages > 1 ? ` in ${pages} pages` : ''} is more than ${maxPixels} pixels`,
    )
  // Only decoding shows that it is whole.
  await sharp(bytes, options)
    .stats()
    .catch((error: unknown) => {
      throw refused('it is damaged', error)
    })
  return {width, height}
}

export const refused = (why: string, cause?: unknown) =>
  new ServiceError(422, 'ASSET_REFUSED', `The upload was refused: ${why}.`, {cause})
