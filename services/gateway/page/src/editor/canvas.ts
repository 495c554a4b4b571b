import Konva from 'konva'

import type {Other} from './document.ts'
import {imageOf} from './images.ts'
import type {Layer, Scene} from './scene.ts'

export interface CanvasEvents {
  readonly onSelect: (ids: readonly string[]) => void
  readonly onChange: (id: string, change: Partial<Layer>) => void
  readonly onPoint: (cursor: {x: number; y: number} | undefined) => void
  readonly onEditText: (id: string) => void
}

/** Draws a scene, and says what is done to it with a pointer. */
export class Canvas {
  readonly #stage: Konva.Stage
  readonly #events: CanvasEvents
  readonly #drawn = new Konva.Layer()
  readonly #above = new Konva.Layer()
  readonly #background = new Konva.Rect({name: 'background'})
  readonly #transformer = new Konva.Transformer({
    rotationSnaps: [0, 45, 90, 135, 180, 225, 270, 315],
    borderStroke: '#e4572e',
    anchorStroke: '#e4572e',
    anchorCornerRadius: 3,
    keepRatio: false,
    ignoreStroke: true,
  })
  readonly #cursors = new Konva.Group({listening: false})
  readonly #nodes = new Map<string, Konva.Shape>()

  constructor(container: HTMLDivElement, events: CanvasEvents) {
    this.#events = events
    this.#stage = new Konva.Stage({container, width: 1, height: 1})
    this.#drawn.add(this.#background)
    this.#above.add(this.#transformer, this.#cursors)
    this.#stage.add(this.#drawn, this.#above)
    this.#stage.on('pointerdown', ({target}) => {
      const id = target.id()
      if (id !== '') events.onSelect([id])
      else if (target === this.#stage || target === this.#background) events.onSelect([])
    })
    this.#stage.on('dblclick dbltap', ({target}) => {
      if (target instanceof Konva.Text) events.onEditText(target.id())
    })
    this.#stage.on('pointermove', () => events.onPoint(this.#pointer()))
    container.addEventListener('pointerleave', () => events.onPoint(undefined))
  }

  show(scene: Scene, zoom: number): void {
    this.#stage.size({width: Math.round(scene.width * zoom), height: Math.round(scene.height * zoom)})
    this.#stage.scale({x: zoom, y: zoom})
    this.#background.setAttrs({width: scene.width, height: scene.height, fill: scene.background})
    const there = new Set(scene.layers.map(({id}) => id))
    for (const [id, node] of this.#nodes) {
      if (there.has(id)) continue
      node.destroy()
      this.#nodes.delete(id)
    }
    scene.layers.forEach((layer, index) => {
      const node = this.#nodes.get(layer.id) ?? this.#make(layer)
      // One that is in hand follows the pointer.
      if (!node.isDragging() && !this.#transformer.isTransforming()) paint(node, layer)
      node.zIndex(index + 1)
    })
  }

  select(ids: readonly string[]): void {
    this.#transformer.nodes(ids.map((id) => this.#nodes.get(id)).filter((node) => node !== undefined))
  }

  showOthers(others: readonly Other[], zoom: number): void {
    this.#cursors.destroyChildren()
    for (const {name, color, cursor} of others) {
      if (!cursor) continue
      const group = new Konva.Group({x: cursor.x, y: cursor.y, scaleX: 1 / zoom, scaleY: 1 / zoom})
      group.add(
        new Konva.Path({data: 'M0 0 L0 16 L4.5 12 L11 12 Z', fill: color, stroke: '#ffffff', strokeWidth: 1}),
      )
      const label = new Konva.Label({x: 12, y: 12})
      label.add(new Konva.Tag({fill: color, cornerRadius: 4}))
      label.add(new Konva.Text({text: name, fontFamily: 'Inter', fontSize: 12, padding: 4, fill: '#ffffff'}))
      group.add(label)
      this.#cursors.add(group)
    }
  }

  /** Where a layer is on the page, for what is laid over it. */
  boxOf(id: string): {x: number; y: number; width: number; height: number} | undefined {
    return this.#nodes.get(id)?.getClientRect({skipShadow: true, skipStroke: true})
  }

  destroy(): void {
    this.#stage.destroy()
  }

  #pointer(): {x: number; y: number} | undefined {
    const at = this.#stage.getRelativePointerPosition()
    return at ? {x: Math.round(at.x), y: Math.round(at.y)} : undefined
  }

  #make(layer: Layer): Konva.Shape {
    const node = shapeFor(layer)
    node.id(layer.id)
    node.draggable(true)
    node.on('dragend', () => this.#events.onChange(layer.id, placeOf(node)))
    node.on('transformend', () => {
      // What was stretched becomes wider; nothing stays scaled.
      const [width, height] = [
        Math.abs(node.width() * node.scaleX()),
        Math.abs(node.height() * node.scaleY()),
      ]
      node.setAttrs({scaleX: 1, scaleY: 1, width, height, offsetX: width / 2, offsetY: height / 2})
      this.#events.onChange(layer.id, {
        ...placeOf(node),
        width: Math.round(width),
        height: Math.round(height),
      })
    })
    this.#nodes.set(layer.id, node)
    this.#drawn.add(node)
    return node
  }
}

function placeOf(node: Konva.Shape): {x: number; y: number; rotation: number} {
  return {
    x: Math.round(node.x() - node.offsetX()),
    y: Math.round(node.y() - node.offsetY()),
    rotation: Math.round(((node.rotation() % 360) + 360) % 360),
  }
}

function shapeFor(layer: Layer): Konva.Shape {
  switch (layer.kind) {
    case 'rectangle':
      return new Konva.Rect()
    case 'ellipse':
      // Drawn from a corner like all the others, so that one rule places and stretches them.
      return new Konva.Shape({
        sceneFunc: (context, shape) => {
          const [rx, ry] = [shape.width() / 2, shape.height() / 2]
          context.beginPath()
          context.ellipse(rx, ry, rx, ry, 0, 0, Math.PI * 2)
          context.closePath()
          context.fillStrokeShape(shape)
        },
      })
    case 'line':
      return new Konva.Line({lineCap: 'round', hitStrokeWidth: 20})
    case 'text':
      return new Konva.Text({fontFamily: 'Inter', lineHeight: 1.25})
    case 'image':
      return new Konva.Image({image: undefined})
  }
}

function paint(node: Konva.Shape, layer: Layer): void {
  const {x, y, width, height, rotation, opacity, isVisible} = layer
  const shadow = layer.effects.find((effect) => effect.kind === 'shadow')
  node.setAttrs({
    ...{x: x + width / 2, y: y + height / 2, offsetX: width / 2, offsetY: height / 2},
    ...{width, height, rotation, opacity, visible: isVisible},
    shadowEnabled: shadow !== undefined,
    ...(shadow && {
      shadowColor: shadow.color,
      shadowBlur: shadow.blur * 2,
      shadowOffsetX: shadow.dx,
      shadowOffsetY: shadow.dy,
    }),
  })
  switch (layer.kind) {
    case 'rectangle':
    case 'ellipse':
      node.setAttrs({
        fill: layer.fill ?? '',
        stroke: layer.strokeWidth > 0 ? (layer.stroke ?? '') : '',
        strokeWidth: layer.strokeWidth,
        cornerRadius: layer.kind === 'rectangle' ? layer.cornerRadius : 0,
      })
      return
    case 'line':
      node.setAttrs({
        points: [0, 0, width, height],
        stroke: layer.stroke ?? '',
        strokeWidth: layer.strokeWidth,
      })
      return
    case 'text':
      node.setAttrs({
        text: layer.text,
        fontSize: layer.fontSize,
        fontStyle: layer.isBold ? 'bold' : 'normal',
        align: layer.align,
        fill: layer.fill,
      })
      return
    case 'image':
      void imageOf(layer.assetId).then(
        (image) => node.setAttr('image', image),
        () => undefined,
      )
  }
}
