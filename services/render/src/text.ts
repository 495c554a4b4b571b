import type {Layer} from '@pixelpulse/common'
import type {Font, Glyph, GlyphRun} from 'fontkit'

type TextLayer = Extract<Layer, {kind: 'text'}>

const lineHeight = 1.25
/** Where the first line stands in its line's height: the page's own text does the same. */
const ascent = 0.95

/** The outlines of a text within its box, broken where a line would be wider, as the data of an SVG path. */
export function textPath(layer: TextLayer, of: Font): string {
  const {fontSize, width, align} = layer
  const font = remembering(of)
  return linesOf(layer.text, font, fontSize, width)
    .map((line, index) => {
      const run = font.layout(line)
      const space = width - (run.advanceWidth * fontSize) / font.unitsPerEm
      const x = {left: 0, center: space / 2, right: space}[align]
      return runPath(run, fontSize / font.unitsPerEm, x, fontSize * (ascent + index * lineHeight))
    })
    .join('')
}

type Letters = Pick<Font, 'layout' | 'unitsPerEm' | 'glyphForCodePoint'>

/** Laying out costs more than drawing, and a paragraph that fits is a line. */
function remembering(font: Font): Letters {
  const runs = new Map<string, GlyphRun>()
  return {
    unitsPerEm: font.unitsPerEm,
    glyphForCodePoint: (point) => font.glyphForCodePoint(point),
    layout(text) {
      const run = runs.get(text) ?? font.layout(text)
      runs.set(text, run)
      return run
    },
  }
}

/** Words stay whole, also one that is wider than the box alone. */
export function linesOf(text: string, font: Letters, fontSize: number, width: number): string[] {
  const most = (width * font.unitsPerEm) / fontSize
  const spaceWidth = font.layout(' ').advanceWidth
  return text.split('\n').flatMap((paragraph) => {
    const words = paragraph.split(' ')
    const widths = widthsOf(words, font)
    const lines: string[] = []
    let line = ''
    let lineWidth = 0
    for (const [index, word] of words.entries()) {
      const longerWidth = lineWidth + spaceWidth + (widths[index] ?? 0)
      if (line === '' || longerWidth > most) {
        if (line !== '') lines.push(line)
        line = word
        lineWidth = widths[index] ?? 0
      } else {
        line += ` ${word}`
        lineWidth = longerWidth
      }
    }
    return [...lines, line]
  })
}

/** All words are laid out at once: a short one costs hardly less than a line. */
function widthsOf(words: readonly string[], font: Letters): readonly number[] {
  const {glyphs, positions} = font.layout(words.join(' '))
  const space = font.glyphForCodePoint(0x20).id
  const widths = [0]
  for (const [index, {id, advanceWidth}] of glyphs.entries())
    if (id === space) widths.push(0)
    else widths.push((widths.pop() ?? 0) + (positions[index]?.xAdvance ?? advanceWidth))
  // Other characters may look like a space, those that do not break for example.
  return widths.length === words.length ? widths : words.map((word) => font.layout(word).advanceWidth)
}

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
