import {closes, type Close} from './closes.ts'
import type {Socket} from './socket.ts'

export interface Users {
  /** Says whose the socket is, for good. @returns why it may not be. */
  enter(socket: Socket, userId: string): Close | undefined
}

/** Who has how many sockets at this instance. */
export function createUsers(socketsPerUser: number): Users {
  const users = new Map<string, Set<Socket>>()
  return {
    enter(socket, userId) {
      if (socket.userId !== undefined) return socket.userId === userId ? undefined : closes.unauthenticated
      const sockets = users.get(userId) ?? new Set()
      if (sockets.size >= socketsPerUser) return closes.tooMany
      users.set(userId, sockets.add(socket))
      socket.userId = userId
      socket.onClose(() => {
        sockets.delete(socket)
        if (sockets.size === 0) users.delete(userId)
      })
      return undefined
    },
  }
}
