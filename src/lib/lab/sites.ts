/** The networks of a lab, joined by one routed link. */
export const sites = ['rack', 'aws'] as const
export type Site = (typeof sites)[number]
