import type {Layer, Scene} from '@pixelpulse/common'

import {fontOf} from './fonts.ts'
import {textPath} from './text.ts'

/** Images of a scene by their id, as data URIs of PNG. */
export type Images = ReadonlyMap<string, string>

/** A scene as an SVG document of this size. Every value in it is a number, a colour or made here: no text of a user's. */
export function sceneToSvg(
  scene: Scene,
  images: Images,
  size: {readonly width: number; readonly height: number},
): string {
  const layers = scene.layers.filter(({isVisible}) => isVisible)
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${size.width}" height="${size.height}" viewBox="0 0 ${scene.width} ${scene.height}">`,
    `<rect width="${scene.width}" height="${scene.height}" ${paint('fill', scene.background)}/>`,
    ...layers.map((layer, index) => layerToSvg(layer, images, `effect${index}`)),
    '</svg>',
  ].join('')
}

function layerToSvg(layer: Layer, images: Images, filterId: string): string {
  const {x, y, width, height, rotation, opacity} = layer
  const turn = rotation === 0 ? '' : ` rotate(${rotation} ${width / 2} ${height / 2})`
  const filter = filterOf(layer, filterId)
  const attributes = [
    `transform="translate(${x} ${y})${turn}"`,
    ...(opacity === 1 ? [] : [`opacity="${opacity}"`]),
    ...(filter === '' ? [] : [`filter="url(#${filterId})"`]),
  ]
  return `${filter}<g ${attributes.join(' ')}>${shapeOf(layer, images)}</g>`
}

function shapeOf(layer: Layer, images: Images): string {
  const {width, height} = layer
  switch (layer.kind) {
    case 'rectangle': {
      const radius = Math.min(layer.cornerRadius, width / 2, height / 2)
      return `<rect width="${width}" height="${height}" rx="${radius}" ${painted(layer)}/>`
    }
    case 'ellipse':
      return `<ellipse cx="${width / 2}" cy="${height / 2}" rx="${width / 2}" ry="${height / 2}" ${painted(layer)}/>`
    case 'line':
      return `<line x2="${width}" y2="${height}" stroke-linecap="round" ${painted(layer)}/>`
    case 'text':
      return `<path d="${textPath(layer, fontOf(layer.isBold))}" ${paint('fill', layer.fill)}/>`
    case 'image': {
      const href = images.get(layer.assetId)
      if (href === undefined) return ''
      return `<image width="${width}" height="${height}" preserveAspectRatio="none" href="${href}"/>`
    }
  }
}

function painted({
  fill,
  stroke,
  strokeWidth,
}: {
  fill?: string | undefined
  stroke?: string | undefined
  strokeWidth: number
}): string {
  const edge = stroke !== undefined && strokeWidth > 0
  return [
    fill === undefined ? 'fill="none"' : paint('fill', fill),
    ...(edge ? [paint('stroke', stroke), `stroke-width="${strokeWidth}"`] : []),
  ].join(' ')
}

/** `#rrggbb` or `#rrggbbaa`. */
function paint(what: 'fill' | 'stroke', color: string): string {
  const alpha =
    color.length === 9 ? ` ${what}-opacity="${(parseInt(color.slice(7), 16) / 255).toFixed(4)}"` : ''
  return `${what}="${color.slice(0, 7)}"${alpha}`
}

/** Shadows and blurs one after the other, in a region that holds their edges. */
function filterOf({effects, width, height}: Layer, id: string): string {
  if (effects.length === 0) return ''
  const reach = effects.reduce(
    (sum, effect) =>
      sum +
      (effect.kind === 'blur'
        ? effect.radius * 3
        : Math.max(Math.abs(effect.dx), Math.abs(effect.dy)) + effect.blur * 3),
    1,
  )
  const steps = effects.map((effect) =>
    effect.kind === 'blur'
      ? `<feGaussianBlur stdDeviation="${effect.radius}"/>`
      : `<feDropShadow dx="${effect.dx}" dy="${effect.dy}" stdDeviation="${effect.blur}" ${flood(effect.color)}/>`,
  )
  const region = `x="${-reach}" y="${-reach}" width="${width + 2 * reach}" height="${height + 2 * reach}"`
  return `<filter id="${id}" filterUnits="userSpaceOnUse" color-interpolation-filters="sRGB" ${region}>${steps.join('')}</filter>`
}

function flood(color: string): string {
  const alpha = color.length === 9 ? (parseInt(color.slice(7), 16) / 255).toFixed(4) : '1'
  return `flood-color="${color.slice(0, 7)}" flood-opacity="${alpha}"`
}
