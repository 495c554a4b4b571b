import {readFileSync} from 'node:fs'
import {createRequire} from 'node:module'

import {create, type Font} from 'fontkit'

const {resolve} = createRequire(import.meta.url)

/** From files that come with the service: a picture must not depend on what a machine has installed. */
function load(weight: 400 | 700): Font {
  const font = create(readFileSync(resolve(`@fontsource/inter/files/inter-latin-${weight}-normal.woff`)))
  if ('fonts' in font) throw new Error('a collection of fonts')
  return font
}

const regular = load(400)
const bold = load(700)

export const fontOf = (isBold: boolean): Font => (isBold ? bold : regular)
