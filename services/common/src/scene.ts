import * as z from 'zod'

const color = z.string().regex(/^#[0-9a-f]{6}([0-9a-f]{2})?$/, 'a colour is #rrggbb or #rrggbbaa')
const id = z.string().regex(/^[\w-]{1,64}$/)
const coordinate = z.number().min(-20_000).max(20_000)
const extent = z.number().min(0).max(20_000)

const effect = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('shadow'),
    dx: coordinate,
    dy: coordinate,
    blur: z.number().min(0).max(200),
    color,
  }),
  z.object({kind: z.literal('blur'), radius: z.number().min(0).max(200)}),
])

const placed = {
  id,
  name: z.string().max(100).default(''),
  isVisible: z.boolean().default(true),
  opacity: z.number().min(0).max(1).default(1),
  /** Degrees, clockwise, around the middle. */
  rotation: z.number().min(-360).max(360).default(0),
  x: coordinate,
  y: coordinate,
  width: extent,
  height: extent,
  effects: z.array(effect).max(4).default([]),
}
const painted = {
  fill: color.optional(),
  stroke: color.optional(),
  strokeWidth: z.number().min(0).max(500).default(0),
}

export const layer = z.discriminatedUnion('kind', [
  z.object({...placed, ...painted, kind: z.literal('rectangle'), cornerRadius: extent.default(0)}),
  z.object({...placed, ...painted, kind: z.literal('ellipse')}),
  z.object({...placed, ...painted, kind: z.literal('line')}),
  z.object({
    ...placed,
    kind: z.literal('text'),
    text: z.string().max(5000),
    fontSize: z.number().min(1).max(2000),
    isBold: z.boolean().default(false),
    align: z.enum(['left', 'center', 'right']).default('left'),
    fill: color,
  }),
  z.object({...placed, kind: z.literal('image'), assetId: z.uuid()}),
])
export type Layer = z.output<typeof layer>

/** What a design shows. Lengths in pixels of the scene; layers from the back to the front. */
export const scene = z.object({
  width: z.number().int().min(1).max(8000),
  height: z.number().int().min(1).max(8000),
  background: color.default('#ffffff'),
  layers: z.array(layer).max(2000),
})
export type Scene = z.output<typeof scene>
