export function b64decode(text: string): ArrayBuffer {
  return Uint8Array.from(Buffer.from(text, 'base64')).buffer
}

export const b64encode = (data: string | ArrayBuffer): string =>
  (typeof data === 'string' ? Buffer.from(data) : Buffer.from(data)).toString('base64')
