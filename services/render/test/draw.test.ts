import {describe, expect, test} from '@jest/globals'
import {readFile, writeFile} from 'node:fs/promises'
import {fileURLToPath} from 'node:url'

import {scene, type Scene} from '@pixelpulse/common'
import pixelmatch from 'pixelmatch'
import sharp from 'sharp'

import {defaultLimits, draw, imageUri, type Format} from '../src/draw.ts'
import {linesOf} from '../src/text.ts'
import {fontOf} from '../src/fonts.ts'
import {sceneToSvg} from '../src/svg.ts'
import {assetId, scenes} from './scenes.ts'

const limits = {...defaultLimits, seconds: 20}

/** A gradient, so that a picture that is mirrored or shifted differs. */
async function gradient(): Promise<Buffer> {
  const [width, height] = [64, 48]
  const pixels = Buffer.alloc(width * height * 3)
  for (let y = 0; y < height; y += 1)
    for (let x = 0; x < width; x += 1) pixels.set([x * 4, y * 5, 128], (y * width + x) * 3)
  return sharp(pixels, {raw: {width, height, channels: 3}})
    .png()
    .toBuffer()
}
const images = async () =>
  new Map([[assetId, await imageUri(await gradient(), {width: 160, height: 120}, limits)]])

const pictureOf = async (drawn: Scene, format: Format, width = drawn.width) =>
  draw(
    drawn,
    await images(),
    {format, width, height: Math.round((width * drawn.height) / drawn.width)},
    limits,
  )

/** Share of pixels that differ so much that one sees it. */
async function difference(one: Buffer, other: Buffer): Promise<number> {
  const [a, b] = await Promise.all(
    [one, other].map((png) => sharp(png).ensureAlpha().raw().toBuffer({resolveWithObject: true})),
  )
  expect([a!.info.width, a!.info.height]).toEqual([b!.info.width, b!.info.height])
  const {width, height} = a!.info
  return pixelmatch(a!.data, b!.data, undefined, width, height, {threshold: 0.1}) / (width * height)
}

describe('a scene', () => {
  test.each(Object.keys(scenes))('of %s looks as it did', async (name) => {
    const file = fileURLToPath(new URL(`references/${name}.png`, import.meta.url))
    const drawn = await pictureOf(scenes[name]!, 'png')
    // Made anew by hand, and looked at, when the look is meant to change.
    if (process.env.PP_NEW_REFERENCES !== undefined) await writeFile(file, drawn)
    expect(await difference(drawn, await readFile(file))).toBeLessThan(0.002)
  })

  test('has the same bytes each time, the size that was asked for, and every format', async () => {
    const drawn = scenes.shapes!
    expect((await pictureOf(drawn, 'png')).equals(await pictureOf(drawn, 'png'))).toBe(true)
    for (const format of ['png', 'jpeg', 'webp'] as const) {
      const metadata = await sharp(await pictureOf(drawn, format, 640)).metadata()
      expect(metadata).toMatchObject({format, width: 640, height: 400})
    }
    const [small, large] = [await pictureOf(drawn, 'png'), await pictureOf(drawn, 'png', 960)]
    expect(await difference(await sharp(large).resize(320).png().toBuffer(), small)).toBeLessThan(0.03)
  })

  test('differs from another one, so that the comparison can fail', async () => {
    const moved = {
      ...scenes.shapes!,
      layers: scenes.shapes!.layers.map((layer) => ({...layer, x: layer.x + 20})),
    }
    expect(
      await difference(await pictureOf(moved, 'png'), await pictureOf(scenes.shapes!, 'png')),
    ).toBeGreaterThan(0.05)
  })

  test('puts no text of a user into the document that is drawn', () => {
    const text = '</path><script>alert(1)</script>&xxe;<image href="file:///etc/passwd"/>'
    const hostile = scene.parse({
      width: 100,
      height: 100,
      layers: [
        {
          id: 'a',
          name: text,
          kind: 'text',
          x: 0,
          y: 0,
          width: 90,
          height: 20,
          text,
          fontSize: 10,
          fill: '#000000',
        },
      ],
    })
    const svg = sceneToSvg(hostile, new Map(), {width: 100, height: 100})
    expect(svg).not.toMatch(/script|passwd|xxe|<image/)
    expect(svg).toContain('<path d="M')
  })

  test('with more text than can be drawn is refused in words', async () => {
    const layers = Array.from({length: 11}, (_, index) => ({
      ...{id: `t${index}`, kind: 'text', x: 0, y: 0, width: 90, height: 20, fontSize: 10, fill: '#000000'},
      text: 'x'.repeat(5000),
    }))
    await expect(pictureOf(scene.parse({width: 100, height: 100, layers}), 'png')).rejects.toThrow(
      '55000 characters',
    )
  })

  test('with an image that is none is refused in words', async () => {
    await expect(imageUri(Buffer.from('no image'), {width: 10, height: 10}, limits)).rejects.toThrow(
      'cannot be read',
    )
  })
})

test('a line breaks between words, and a word that is wider than the box has one of its own', () => {
  expect(linesOf('one two three', fontOf(false), 20, 90)).toEqual(['one two', 'three'])
  expect(linesOf('a incomprehensibilities b', fontOf(false), 20, 60)).toEqual([
    'a',
    'incomprehensibilities',
    'b',
  ])
  expect(linesOf('one\n\ntwo', fontOf(false), 20, 90)).toEqual(['one', '', 'two'])
})
