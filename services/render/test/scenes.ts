import {scene, type Scene} from '@pixelpulse/common'

const box = (x: number, y: number, width: number, height: number) => ({x, y, width, height})
export const assetId = '0b8f4e0e-52c7-4a7e-9d0e-6f3a3f1f9a11'

/** One scene for each thing that a scene can hold. */
export const scenes: Readonly<Record<string, Scene>> = {
  shapes: scene.parse({
    width: 320,
    height: 200,
    background: '#f6f3ee',
    layers: [
      {id: 'a', kind: 'rectangle', ...box(20, 20, 120, 80), fill: '#e4572e', cornerRadius: 16},
      {
        id: 'b',
        kind: 'ellipse',
        ...box(120, 60, 120, 100),
        fill: '#17bebbcc',
        stroke: '#0b3c49',
        strokeWidth: 6,
      },
      {id: 'c', kind: 'line', ...box(30, 170, 260, -40 + 40), stroke: '#0b3c49', strokeWidth: 8},
      {id: 'd', kind: 'rectangle', ...box(220, 20, 60, 60), fill: '#ffc914', rotation: 30, opacity: 0.8},
      {id: 'e', kind: 'rectangle', ...box(0, 0, 320, 200), fill: '#000000', isVisible: false},
    ],
  }),
  text: scene.parse({
    width: 320,
    height: 200,
    layers: [
      {
        id: 'a',
        kind: 'text',
        ...box(10, 10, 300, 60),
        text: 'Pixels & <Pulse>',
        fontSize: 32,
        isBold: true,
        fill: '#0b3c49',
      },
      {
        id: 'b',
        kind: 'text',
        ...box(10, 70, 300, 60),
        text: 'Lines are broken where the box ends,\nand where somebody says so.',
        fontSize: 16,
        fill: '#333333',
      },
      {
        id: 'c',
        kind: 'text',
        ...box(10, 150, 300, 20),
        text: 'to the right',
        fontSize: 14,
        align: 'right',
        fill: '#e4572e',
      },
      {
        id: 'd',
        kind: 'text',
        ...box(10, 170, 300, 20),
        text: 'in the middle',
        fontSize: 14,
        align: 'center',
        fill: '#17bebb',
      },
    ],
  }),
  effects: scene.parse({
    width: 320,
    height: 200,
    background: '#ffffff',
    layers: [
      {
        id: 'a',
        kind: 'rectangle',
        ...box(40, 40, 90, 90),
        fill: '#ffffff',
        cornerRadius: 12,
        effects: [{kind: 'shadow', dx: 6, dy: 8, blur: 6, color: '#00000080'}],
      },
      {
        id: 'b',
        kind: 'ellipse',
        ...box(190, 50, 80, 80),
        fill: '#e4572e',
        effects: [{kind: 'blur', radius: 5}],
      },
    ],
  }),
  image: scene.parse({
    width: 320,
    height: 200,
    layers: [
      {id: 'a', kind: 'image', ...box(20, 20, 160, 120), assetId},
      {id: 'b', kind: 'image', ...box(200, 60, 80, 80), assetId, rotation: -20, opacity: 0.6},
    ],
  }),
}
