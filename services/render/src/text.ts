import type {Layer} from '@pixelpulse/common'
import type {Font} from 'fontkit'

type TextLayer = Extract<Layer, {kind: 'text'}>

const lineHeight = 1.25
/** Where the first line stands in its line's height: the page's own text does the same. */
const ascent = 0.95

/** The outlines of a text within its box, broken where a line would be wider, as the data of an SVG path. */
export function textPath(layer: TextLayer, font: Font): string {
  const {fontSize, width, align} = layer
  return linesOf(layer.text, font, fontSize, width)
    .map((line, index) => {
      const space = width - widthOf(line, font, fontSize)
      const x = {left: 0, center: space / 2, right: space}[align]
      return linePath(line, font, fontSize, x, fontSize * (ascent + index * lineHeight))
    })
    .join('')
}

/** Words stay whole, also one that is wider than the box alone. */
export function linesOf(text: string, font: Font, fontSize: number, width: number): string[] {
  return text.split('\n').flatMap((paragraph) => {
    const lines: string[] = []
    let line = ''
    for (const word of paragraph.split(' ')) {
      const longer = line === '' ? word : `${line} ${word}`
      if (line !== '' && widthOf(longer, font, fontSize) > width) {
        lines.push(line)
        line = word
      } else line = longer
    }
    return [...lines, line]
  })
}

const widthOf = (line: string, font: Font, fontSize: number): number =>
  (font.layout(line).advanceWidth * fontSize) / font.unitsPerEm

/** Outlines of one line that begins at x, on the base line y. A font's own coordinates go up. */
function linePath(line: string, font: Font, fontSize: number, x: number, y: number): string {
  const scale = fontSize / font.unitsPerEm
  const {glyphs, positions} = font.layout(line)
  let at = 0
  const parts = glyphs.map((glyph, index) => {
    const position = positions[index]
    const left = x + (at + (position?.xOffset ?? 0)) * scale
    at += position?.xAdvance ?? glyph.advanceWidth
    return glyph.path.transform(scale, 0, 0, -scale, left, y - (position?.yOffset ?? 0) * scale).toSVG()
  })
  return parts.join('')
}
