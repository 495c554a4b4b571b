import type {Scene} from '@pixelpulse/common'
import sharp from 'sharp'

import {sceneToSvg, type Images} from './svg.ts'

export const formats = ['png', 'jpeg', 'webp'] as const
export type Format = (typeof formats)[number]

export interface Picture {
  readonly format: Format
  readonly width: number
  readonly height: number
}

/** What drawing one may take. */
export interface Limits {
  readonly seconds: number
  readonly imagePixels: number
  readonly textLength: number
}
export const defaultLimits = {imagePixels: 50_000_000, textLength: 50_000}

/** A scene that cannot be drawn, whoever tries. The message is for whoever asked. */
export class Undrawable extends Error {
  override readonly name = 'Undrawable'
}

// Each job has a core; more jobs, not more threads, use the others.
sharp.concurrency(1)

/** Draws a scene. The same scene gives the same bytes on every machine. @throws Undrawable. */
export async function draw(
  scene: Scene,
  images: Images,
  {format, width, height}: Picture,
  limits: Limits,
): Promise<Buffer> {
  const length = scene.layers.reduce((sum, layer) => sum + (layer.kind === 'text' ? layer.text.length : 0), 0)
  if (length > limits.textLength)
    throw new Undrawable(`The design has ${length} characters of text; ${limits.textLength} can be drawn.`)
  const svg = Buffer.from(sceneToSvg(scene, images, {width, height}))
  const drawn = sharp(svg, {limitInputPixels: limits.imagePixels, unlimited: true}).timeout({
    seconds: limits.seconds,
  })
  const flat = format === 'jpeg' ? drawn.flatten({background: '#ffffff'}) : drawn
  try {
    return await flat.toFormat(format, options[format]).toBuffer()
  } catch (error) {
    if (/timeout/i.test((error as Error).message))
      throw new Undrawable(`The design takes more than ${limits.seconds} s to draw.`, {cause: error})
    throw error
  }
}

const options = {png: {compressionLevel: 6}, jpeg: {quality: 90}, webp: {quality: 90}} as const

/** An image of a design as a data URI, in no more pixels than are seen of it. @throws Undrawable. */
export async function imageUri(
  bytes: Uint8Array,
  pixels: {readonly width: number; readonly height: number},
  limits: Limits,
): Promise<string> {
  const png = await sharp(bytes, {limitInputPixels: limits.imagePixels, failOn: 'truncated'})
    .rotate()
    .resize({width: pixels.width, height: pixels.height, fit: 'fill', withoutEnlargement: true})
    .png({compressionLevel: 1})
    .timeout({seconds: limits.seconds})
    .toBuffer()
    .catch((error: unknown) => {
      throw new Undrawable('An image of the design cannot be read.', {cause: error})
    })
  return `data:image/png;base64,${png.toString('base64')}`
}
