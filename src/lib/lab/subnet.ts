import {sites, type Site} from './sites.ts'

/** A /24 of a lab's site and the link that joins it to this machine; the link's name is the claim on the subnet. */
export interface Subnet {
  readonly index: number
  readonly site: Site
  readonly cidr: string
  readonly prefix: string
  /** This machine's address in it. */
  readonly gateway: string
  /** Address of the site's end of the link to the other site. */
  readonly router: string
  readonly link: string
}

const secondByte: Readonly<Record<Site, number>> = {rack: 77, aws: 78}

/** The network of a site; both of a lab have the same index. */
export function subnetOf(index: number, site: Site = 'rack'): Subnet {
  const prefix = `10.${secondByte[site]}.${index}`
  return {
    index,
    site,
    cidr: `${prefix}.0/24`,
    prefix,
    gateway: `${prefix}.1`,
    router: `${prefix}.2`,
    link: `pplab${index}${site === 'rack' ? '' : site}`,
  }
}

/**
 * Subnets of the rack that overlap none of the networks this machine has an address in or a route to, nor do those of the
 * same index on other sites; in the order to try.
 *
 * @param taken CIDR strings; a default route is no claim and is left out by the caller.
 */
export function freeSubnets(taken: readonly string[]): readonly Subnet[] {
  const ranges = taken.map(parseRange)
  const isFree = ({cidr}: Subnet) => {
    const own = parseRange(cidr)
    return !ranges.some(({first, last}) => first <= own.last && own.first <= last)
  }
  return Array.from({length: 256}, (_, index) => subnetOf(index)).filter(({index}) =>
    sites.every((site) => isFree(subnetOf(index, site))),
  )
}

function parseRange(cidr: string): {first: number; last: number} {
  const [address = '', bits = '32'] = cidr.split('/')
  const number = address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)
  const size = 2 ** (32 - Number(bits))
  const first = Math.floor(number / size) * size
  return {first, last: first + size - 1}
}
