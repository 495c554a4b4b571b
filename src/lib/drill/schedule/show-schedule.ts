import {wrapAfter} from '../../output/terminal.ts'
import type {Schedule} from './schedule.ts'

/** Blocks to paste, each after a comment that says where to; a # begins a comment in all of them. */
export function showSchedule({blocks}: Schedule): string {
  return blocks.map(({where, text}) => `# ${where}\n${text}`).join('\n')
}

/** When it will run, and what its windows say to that. */
export function showNext({drill, environment, cron, timeZone, next}: Schedule): string {
  const clock = new Intl.DateTimeFormat('en-GB', {timeZone, dateStyle: 'full', timeStyle: 'short'})
  return [
    `${drill} in ${environment}, at ${cron} by the clock of ${timeZone}`,
    ...next.map((one) => {
      const refused = one.isOpen ? '' : `: refused then, ${one.why}`
      return wrapAfter('  ', `${clock.format(new Date(one.at))}${refused}`, 79)
    }),
  ].join('\n')
}
