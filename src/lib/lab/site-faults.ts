import type {Fault} from '../fault/types.ts'
import {groupFault} from './aws/group-faults.ts'
import {linkFault} from './link.ts'
import type {LabRecord, SiteFault} from './state.ts'

/** What the link between the sites is called where a host could be named. */
export const linkName = 'link'

/** What it is of: the link, or a node group by its name. */
export const brokenPart = (fault: SiteFault): string => (fault.kind === 'link' ? linkName : fault.group)

export function siteFaultOf(record: LabRecord, fault: SiteFault): Fault<SiteFault> {
  return fault.kind === 'link' ? linkFault(record, fault) : groupFault(record, fault)
}

/** In words: "a blackhole, one way". */
export function describeSiteFault(fault: SiteFault): string {
  switch (fault.kind) {
    case 'link':
      return fault.how === 'cut'
        ? 'cut'
        : `a blackhole${fault.oneWay ? ', one way: what the rack sends is lost' : ''}`
    case 'no-capacity':
      return `without capacity in ${fault.zones.join(' ')}`
    case 'slow-boot':
      return `slow to boot, by ${fault.delaySeconds} s`
  }
}

/** The link, and a group's capacity and boots, are each broken in one way at a time. */
export const isSamePart = (a: SiteFault, b: SiteFault): boolean =>
  a.kind === b.kind && brokenPart(a) === brokenPart(b)
