import {rm} from 'node:fs/promises'
import {join} from 'node:path'
import {tryProgram} from '../drivers/machine/program.ts'
import type {SwitchFault} from '../fault/types.ts'
import {packageRoot} from '../package-root.ts'
import {writeWhole} from './files.ts'
import {labPaths} from './paths.ts'

/** Leaves word for bin/lab-bmc, the power switch of a lab's hosts. */
export async function setSwitch(lab: string, host: string, fault: SwitchFault | undefined): Promise<void> {
  const file = labPaths(lab).switchFault(host)
  await (fault === undefined ? rm(file, {force: true}) : writeWhole(file, `${fault}\n`))
}

/** Asks as `pp` does. @returns on or off; undefined when no answer comes in time. */
export async function askSwitch(
  lab: string,
  host: string,
  timeoutSeconds: number,
): Promise<string | undefined> {
  const switchProgram = join(packageRoot, 'bin/lab-bmc')
  const {status, stdout} = await tryProgram([switchProgram, lab, host, 'status'], {timeoutSeconds})
  return status === 0 ? stdout.trim() : undefined
}
