import {mendHosts} from './break.ts'
import {linkName} from './site-faults.ts'
import {requireRecord} from './state.ts'

/** Mends the link when its time has come, whatever has become of who has cut it. @throws PpError as `mendHosts`. */
export async function mendExpired(lab: string, now = Date.now()): Promise<void> {
  const {siteFaults} = await requireRecord(lab)
  if (siteFaults.some((fault) => fault.kind === 'link' && fault.until !== undefined && fault.until <= now))
    await mendHosts(lab, linkName)
}
