import type {Windows} from '../format/types.ts'

/** For people: `sat sun 02:00–05:00`. */
export function showWindow({days, from, to}: Windows['allowed'][number]): string {
  return `${days.length === 7 ? 'every day' : days.join(' ')} ${from}–${to}`
}
