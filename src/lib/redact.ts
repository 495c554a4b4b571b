const secrets = new Set<string>()

/** From now on this value never leaves the process in a journal, report or log. Every secret of the fleet is registered when it is read. */
export function registerSecret(value: string): void {
  if (value.length > 0) secrets.add(value)
}

/** The one sink: every text that is written down goes through here. */
export function redact(text: string): string {
  let shown = text
  for (const secret of secrets) {
    shown = shown.replaceAll(secret, '[secret]')
    const quoted = JSON.stringify(secret).slice(1, -1)
    if (quoted !== secret) shown = shown.replaceAll(quoted, '[secret]')
  }
  return shown
}
