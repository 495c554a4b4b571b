/** Text that is markup already. */
export class Markup {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

type Piece = Markup | string | number | readonly Markup[]

/** A template whose values are escaped, unless they are markup themselves. */
export function html(parts: TemplateStringsArray, ...values: readonly Piece[]): Markup {
  return new Markup(parts.reduce((text, part, index) => text + written(values[index - 1] ?? '') + part))
}

function written(value: Piece): string {
  if (value instanceof Markup) return value.text
  if (typeof value === 'object') return value.map(({text}) => text).join('')
  return escaped(String(value))
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Also without what would turn the direction of the line, or steer a terminal that shows the source. */
const escaped = (text: string): string =>
  text.replaceAll(/[&<>"']/g, (found) => entities[found] ?? '').replaceAll(/[\p{Cc}\p{Cf}]/gu, ' ')
