// node services/render/bench/draw.ts: what drawing a scene costs beside sharp alone with the same document, by turns.
import sharp from 'sharp'

import {spreadOf} from '../../../test/bench/statistics.ts'
import {writeSection} from '../../../test/bench/section.ts'
import {machineLine} from '../../test/machine.ts'
import {defaultLimits, draw} from '../src/draw.ts'
import {sceneToSvg} from '../src/svg.ts'
import {scenes} from '../test/scenes.ts'

const rounds = Number(process.env.ROUNDS ?? 40)
const warmUpRounds = 30
const [width, height] = [1600, 1000]
const limits = {...defaultLimits, seconds: 60}

const rows = []
for (const name of ['shapes', 'text', 'effects'] as const) {
  const scene = scenes[name]
  if (!scene) continue
  const document = Buffer.from(sceneToSvg(scene, new Map(), {width, height}))
  const drawOurs = () => draw(scene, new Map(), {format: 'png', width, height}, limits)
  const drawBare = () => sharp(document).png({compressionLevel: 6}).toBuffer()
  const ours: number[] = []
  const bare: number[] = []
  // A service that has just started is compiled as it goes; that is not measured.
  for (let round = 0; round < warmUpRounds; round += 1) await Promise.all([drawOurs(), drawBare()])
  for (let round = 0; round < rounds; round += 1) {
    ours.push(await timed(drawOurs))
    bare.push(await timed(drawBare))
  }
  const [one, other] = [spreadOf(ours).median, spreadOf(bare).median]
  rows.push(`| ${name} | ${one.toFixed(1)} | ${other.toFixed(1)} | ${(one / other).toFixed(2)} |`)
}
const markdown = [
  '### Drawing a scene',
  '',
  machineLine(),
  '',
  `PNG of ${width} × ${height}, medians of ${rounds} by turns. Bare: sharp with the finished SVG document. Goal ≤ 1.2.`,
  '',
  '| scene | `render` ms | bare sharp ms | ratio |',
  '| --- | --: | --: | --: |',
  ...rows,
].join('\n')
console.log(markdown)
writeSection('bench:draw', markdown)

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now()
  await work()
  return performance.now() - started
}
