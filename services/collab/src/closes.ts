/** Why a socket is closed: codes of WebSocket. After any of them a client may come again; some will find the same answer. */
export const closes = {
  restart: {code: 1012, reason: 'Service Restart'},
  later: {code: 1013, reason: 'Try Again Later'},
  notBinary: {code: 1003, reason: 'Binary Only'},
  unauthenticated: {code: 4401, reason: 'Unauthorized'},
  refused: {code: 4403, reason: 'Forbidden'},
  tooLarge: {code: 4413, reason: 'Design Too Large'},
  tooMany: {code: 4429, reason: 'Too Many Sockets'},
} as const

export type Close = (typeof closes)[keyof typeof closes]
