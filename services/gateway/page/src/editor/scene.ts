import type {Layer, Scene} from '@pixelpulse/common/scene'

export type {Layer, Scene}
export type Kind = Layer['kind']

export const kindNames: Readonly<Record<Kind, string>> = {
  rectangle: 'Rectangle',
  ellipse: 'Ellipse',
  line: 'Line',
  text: 'Text',
  image: 'Image',
}

const accent = '#e4572e'

/** A new layer of this kind in the middle of a scene. */
export function newLayer(kind: Exclude<Kind, 'image'>, scene: Pick<Scene, 'width' | 'height'>): Layer {
  const side = Math.round(Math.min(scene.width, scene.height) / 4)
  const [width, height] = {
    rectangle: [side * 1.4, side],
    ellipse: [side, side],
    line: [side * 1.5, 0],
    text: [side * 2, side / 2],
  }[kind] as [number, number]
  const placed = placedIn(scene, width, height)
  switch (kind) {
    case 'rectangle':
      return {...placed, kind, fill: accent, strokeWidth: 0, cornerRadius: 8}
    case 'ellipse':
      return {...placed, kind, fill: '#17bebb', strokeWidth: 0}
    case 'line':
      return {...placed, kind, stroke: '#0b3c49', strokeWidth: 6}
    case 'text':
      return {
        ...placed,
        kind,
        text: 'Text',
        fontSize: Math.round(side / 3),
        isBold: true,
        align: 'left',
        fill: '#0b3c49',
      }
  }
}

export function imageLayer(
  assetId: string,
  size: {readonly width: number; readonly height: number},
  scene: Pick<Scene, 'width' | 'height'>,
): Layer {
  const scale = Math.min(1, scene.width / 2 / size.width, scene.height / 2 / size.height)
  return {...placedIn(scene, size.width * scale, size.height * scale), kind: 'image', assetId}
}

function placedIn(scene: Pick<Scene, 'width' | 'height'>, width: number, height: number) {
  return {
    id: crypto.randomUUID(),
    name: '',
    isVisible: true,
    opacity: 1,
    rotation: 0,
    x: Math.round((scene.width - width) / 2),
    y: Math.round((scene.height - height) / 2),
    width: Math.round(width),
    height: Math.round(height),
    effects: [],
  }
}
