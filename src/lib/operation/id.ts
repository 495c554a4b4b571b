import {randomInt} from 'node:crypto'

const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ' // Crockford's base 32: no letter looks like a digit
const epochSeconds = Date.UTC(2020, 0, 1) / 1000

/** Ten characters that sort by time: seconds since 2020, then three at random. */
export function newOperationId(now = Date.now()): string {
  let seconds = Math.floor(now / 1000) - epochSeconds
  let text = ''
  for (let place = 0; place < 7; place++) {
    text = (alphabet[seconds % 32] ?? '') + text
    seconds = Math.floor(seconds / 32)
  }
  return text + Array.from({length: 3}, () => alphabet[randomInt(32)]).join('')
}

/** When an operation was begun, to the second, milliseconds since 1970. */
export function operationTime(id: string): number {
  const seconds = Array.from(id.slice(0, 7)).reduce((sum, digit) => sum * 32 + alphabet.indexOf(digit), 0)
  return (epochSeconds + seconds) * 1000
}

export const operationIdPattern = /^[0-9A-HJKMNP-TV-Z]{10}$/
