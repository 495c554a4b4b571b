import {paint, type Colour} from '../../output/terminal.ts'
import type {LogLine} from './line.ts'

const colours: readonly Colour[] = [
  'cyan',
  'green',
  'yellow',
  'magenta',
  'blue',
  'cyanBright',
  'greenBright',
  'yellowBright',
]

/** One line with its time, as this machine's clock shows it, and its place; the place has the colour of its Pod. */
export function showLogLine({time, site, pod, container, isOneOfSeveral, text}: LogLine): string {
  const place = `${site}/${pod}${isOneOfSeveral ? `/${container}` : ''}`
  const clock = `${new Date(time).toTimeString().slice(0, 8)}${time.slice(19, 23)}`
  return `${clock} ${paint(process.stdout, colourOf(place), place)} ${text}`
}

/** The same for the same Pod in every run. */
function colourOf(place: string): Colour {
  let hash = 0
  for (const letter of place) hash = (hash * 31 + (letter.codePointAt(0) ?? 0)) % 65_521
  return colours[hash % colours.length] ?? 'cyan'
}

/** One line of `--json`. */
export const logLineJson = ({time, cluster, site, pod, container, text}: LogLine): string =>
  JSON.stringify({schemaVersion: 1, time, cluster, site, pod, container, text})
