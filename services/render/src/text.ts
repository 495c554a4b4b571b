import type {Layer} from '@pixelpulse/common'
import type {Font, Glyph, GlyphRun} from 'fontkit'

type TextLayer = Extract<Layer, {kind: 'text'}>

const lineHeight = 1.25
/** Where the first line stands in its line's height: the page's own text does the same. */
const ascent = 0.95

/** The outlines of a text within its box, broken where a line would be wider, as the data of an SVG path. */
export function textPath(layer: TextLayer, font: Font): string {
  const {fontSize, width, align} = layer
  return linesOf(layer.text, font, fontSize, width)
    .map((line, index) => {
      const run = font.layout(line)
      const space = width - (run.advanceWidth * fontSize) / font.unitsPerEm
      const x = {left: 0, center: space / 2, right: space}[align]
      return runPath(run, fontSize / font.unitsPerEm, x, fontSize * (ascent + index * lineHeight))
    })
    .join('')
}

/**
 * Words stay whole, also one that is wider than the box alone. Each is measured once: laying a line out anew for every word
 * that it grows by costs more than drawing it.
 */
export function linesOf(text: string, font: Font, fontSize: number, width: number): string[] {
  const spaceWidth = widthOf(' ', font, fontSize)
  return text.split('\n').flatMap((paragraph) => {
    const lines: string[] = []
    let line = ''
    let lineWidth = 0
    for (const word of paragraph.split(' ')) {
      const wordWidth = word === '' ? 0 : widthOf(word, font, fontSize)
      if (line === '') [line, lineWidth] = [word, wordWidth]
      else if (lineWidth + spaceWidth + wordWidth > width) {
        lines.push(line)
        ;[line, lineWidth] = [word, wordWidth]
      } else {
        line += ` ${word}`
        lineWidth += spaceWidth + wordWidth
      }
    }
    return [...lines, line]
  })
}

const widthOf = (line: string, font: Font, fontSize: number): number =>
  (font.layout(line).advanceWidth * fontSize) / font.unitsPerEm

/** Outlines of one line that begins at x, on the base line y. A font's own coordinates go up. */
function runPath({glyphs, positions}: GlyphRun, scale: number, x: number, y: number): string {
  let at = 0
  const parts = glyphs.map((glyph, index) => {
    const position = positions[index]
    const left = x + (at + (position?.xOffset ?? 0)) * scale
    at += position?.xAdvance ?? glyph.advanceWidth
    return glyphPath(glyph, scale, left, y - (position?.yOffset ?? 0) * scale)
  })
  return parts.join('')
}

const letters = {moveTo: 'M', lineTo: 'L', quadraticCurveTo: 'Q', bezierCurveTo: 'C', closePath: 'Z'} as const

/** What fontkit's own `path.transform(…).toSVG()` gives, without a path in between for each glyph. */
function glyphPath(glyph: Glyph, scale: number, x: number, y: number): string {
  let data = ''
  for (const {command, args} of glyph.path.commands) {
    const numbers = args.map((value, index) =>
      rounded(index % 2 === 0 ? x + value * scale : y - value * scale),
    )
    data += letters[command] + numbers.join(' ')
  }
  return data
}

const rounded = (value: number): number => Math.round(value * 100) / 100
