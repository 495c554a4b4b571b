import type {Room} from './room.ts'
import type {Head, Row, Store} from './store.ts'

/**
 * Reads what other instances have written of the designs that are open here.
 * @returns whether there was anything.
 */
export async function readOthers(rooms: ReadonlyMap<string, Room>, store: Store): Promise<boolean> {
  const heads = await store.movedHeads([...rooms.values()].map(position))
  const open = heads.flatMap((head) => {
    const room = rooms.get(head.design)
    return room ? [{room, head}] : []
  })
  for (const {room, head} of open) if (!canFollow(room, head)) await readAnew(room, store)
  const following = open.map(({room}) => room).filter((room) => rooms.has(room.design))
  if (following.length === 0) return false
  const rows = Map.groupBy(await store.newer(following.map(position)), ({design}) => design)
  for (const room of following) room.read(rows.get(room.design) ?? [])
  return [...rows.values()].flat().some(isOthers)
}

const position = ({design, seenSeq: seq}: Room) => ({design, seq})
const isOthers = ({data}: Row) => data !== undefined

/** Whether what follows is there, row by row. */
const canFollow = ({seenSeq}: Room, {seq, trimmedSeq}: Head) => seq >= seenSeq && trimmedSeq <= seenSeq

async function readAnew(room: Room, store: Store): Promise<void> {
  const stored = await store.load(room.design)
  room.readAll(stored, stored.seq < room.seenSeq)
}
