/** A /24 of a lab and the link that joins it to this machine; the link's name is the claim on the subnet. */
export interface Subnet {
  readonly index: number
  readonly cidr: string
  readonly prefix: string
  /** This machine's address in it. */
  readonly gateway: string
  readonly link: string
}

export const subnetOf = (index: number): Subnet => ({
  index,
  cidr: `10.77.${index}.0/24`,
  prefix: `10.77.${index}`,
  gateway: `10.77.${index}.1`,
  link: `pplab${index}`,
})

/**
 * Subnets that overlap none of the networks this machine has an address in or a route to, in the order to try.
 *
 * @param taken CIDR strings; a default route is no claim and is left out by the caller.
 */
export function freeSubnets(taken: readonly string[]): readonly Subnet[] {
  const ranges = taken.map(parseRange)
  return Array.from({length: 256}, (_, index) => subnetOf(index)).filter(({cidr}) => {
    const own = parseRange(cidr)
    return !ranges.some(({first, last}) => first <= own.last && own.first <= last)
  })
}

function parseRange(cidr: string): {first: number; last: number} {
  const [address = '', bits = '32'] = cidr.split('/')
  const number = address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)
  const size = 2 ** (32 - Number(bits))
  const first = Math.floor(number / size) * size
  return {first, last: first + size - 1}
}
