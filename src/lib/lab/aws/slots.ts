/** Host that plays AWS itself: its APIs. */
export const apiHost = 'aws-api'

/** Availability zones, each a subnet of 62 addresses in the network of site aws. */
export const zones = ['us-east-1a', 'us-east-1b', 'us-east-1c'] as const
export type Zone = (typeof zones)[number]

/** A host that a node group can have: what AWS has room for in a zone of the lab. */
export interface NodeSlot {
  readonly name: string
  readonly zone: Zone
  /** Last part of its address; of the zone's own part of the network. */
  readonly number: number
  readonly podSubnet: string
}

const slotsOfZone = 4

/** So many instances are hosts when a lab is not told otherwise, some 0.3 GB each. */
export const defaultRealNodes = 6

/** 64 addresses a zone from the 64th on; AWS keeps the first four of a subnet, and so does the lab. */
export const firstOfZone = (zone: Zone): number => 64 * (zones.indexOf(zone) + 1)

/** Zone by zone, as AWS fills them evenly. */
export const nodeSlots: readonly NodeSlot[] = Array.from({length: slotsOfZone}, (_, index) =>
  zones.map((zone) => ({
    name: `aws-${zone.slice(-1)}${index + 1}`,
    zone,
    number: firstOfZone(zone) + 10 + index,
    podSubnet: `10.245.${zones.indexOf(zone) * slotsOfZone + index + 1}.0/24`,
  })),
).flat()
