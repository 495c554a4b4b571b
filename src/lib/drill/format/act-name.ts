interface Named {
  readonly name?: string | undefined
  readonly fault?: string | undefined
  readonly operation?: string | undefined
  readonly wait?: string | number | undefined
  readonly lift?: string | undefined
  readonly load?: string | undefined
}

/** The name an act was given, else one made from what it does; that of parallel acts is `parallel`. */
export function actName({name, fault, operation, wait, lift, load}: Named): string {
  if (name !== undefined) return name
  if (lift !== undefined) return `lift-${lift}`
  if (wait !== undefined) return isClaimName(wait) ? `wait-${wait}` : 'wait'
  return fault ?? operation ?? (load === undefined ? 'parallel' : 'load')
}

/** What is waited for is a claim; a duration begins with a digit. */
export const isClaimName = (wait: string | number): wait is string => /^[a-z]/i.test(String(wait))
