import type {HostPort, Node, Pod, PodShape} from './facts.ts'
import {untolerated} from './selectors.ts'
import {isWanted, placedOn, PodAffinity, SpreadOver, type Namespaces, type Placed} from './topology.ts'

/** A cluster as the scheduler sees it. */
export interface Room {
  readonly nodes: readonly Node[]
  readonly pods: readonly Pod[]
  readonly namespaces: Namespaces
}

/** How many Pods of one shape find a node. */
export interface Fit {
  /** The node of each, by first fit; the scheduler may choose others. */
  readonly nodes: readonly string[]
  /** In whatever order the scheduler fills the nodes. The two differ only where that order decides. */
  readonly least: number
  readonly most: number
  /** Of the first Pod that finds none: what keeps it away, and from how many nodes. */
  readonly blockers: ReadonlyMap<string, number>
}

/**
 * Ways to fill the nodes that are looked at where the order decides; there may be more than anyone can look at. In a large
 * cluster each takes longer, so there are fewer.
 */
const mostStates = 3000
const mostStarts = 64
const mostLooks = 60_000

/**
 * Fits Pods into a cluster by the scheduler's hard rules: requests, Pods a node, host ports, cordons, taints, node
 * selectors and affinity, Pod affinity and anti-affinity, topology spread. Preferences decide nothing here, and no Pod
 * is evicted for another. Pods that wait already, of at least the same priority, go first.
 *
 * @see https://kubernetes.io/docs/concepts/scheduling-eviction/kube-scheduler/
 */
export function fit(room: Room, shape: PodShape, wanted: number): Fit {
  const seats = seatsOf(room)
  const placed = [...placedOn(room.pods, room.nodes), ...seatWaiting(room, seats, shape.priority)]
  const queue = new Queue(shape, seats, placed, room.namespaces)
  const first = queue.fill(wanted)
  const blockers = queue.blockers()
  queue.empty()
  const outcomes = queue.orderDecides ? otherOutcomes(queue, wanted) : []
  const all = [first.length, ...outcomes]
  return {
    nodes: first.map(({node}) => node.name),
    least: Math.min(...all),
    most: Math.max(...all),
    blockers: first.length < wanted ? blockers : new Map(),
  }
}

/** A node with what is left of it. */
interface Seat {
  readonly node: Node
  readonly free: Record<string, number>
  readonly ports: HostPort[]
}

function seatsOf({nodes, pods}: Room): readonly Seat[] {
  const seats = nodes.map((node): Seat => ({node, free: {...node.allocatable}, ports: []}))
  const byName = new Map(seats.map((seat) => [seat.node.name, seat]))
  for (const pod of pods) {
    const seat = pod.node === undefined ? undefined : byName.get(pod.node)
    if (seat) occupy(seat, pod, 1)
  }
  return seats
}

function occupy({free, ports}: Seat, {requests, hostPorts}: PodShape, by: 1 | -1): void {
  for (const [name, amount] of Object.entries(requests)) free[name] = (free[name] ?? 0) - by * amount
  free.pods = (free.pods ?? 0) - by
  if (by === 1) ports.push(...hostPorts)
  else ports.splice(ports.length - hostPorts.length)
}

/** Gives a node to each Pod that waits and finds one; those stay there. */
function seatWaiting(room: Room, seats: readonly Seat[], priority: number): readonly Placed[] {
  const waiting = room.pods
    .filter((pod) => pod.node === undefined && !pod.isHeld && !pod.isTerminating && pod.priority >= priority)
    .toSorted((one, other) => other.priority - one.priority)
  const seated: Placed[] = []
  const there = placedOn(room.pods, room.nodes)
  for (const pod of waiting) {
    const [seat] = new Queue(pod, seats, [...there, ...seated], room.namespaces).fill(1)
    if (seat) seated.push({pod, node: seat.node})
  }
  return seated
}

/** Pods of one shape that are placed one after the other. */
class Queue {
  readonly #shape: PodShape
  readonly #places: ReadonlyMap<Seat, number>
  /** Seats that rules which never change leave, and what closes the others. */
  readonly #open: readonly Seat[]
  readonly #closed: readonly string[]
  readonly #affinity: PodAffinity
  readonly #spread: readonly SpreadOver[]
  readonly #taken: Seat[] = []
  readonly orderDecides: boolean

  constructor(shape: PodShape, seats: readonly Seat[], placed: readonly Placed[], namespaces: Namespaces) {
    this.#shape = shape
    this.#places = new Map(seats.map((seat, place) => [seat, place]))
    const closed = seats.map(({node}) => closedBy(node, shape))
    this.#open = seats.filter((_, index) => closed[index] === undefined)
    this.#closed = closed.filter((reason) => reason !== undefined)
    const nodes = seats.map(({node}) => node)
    this.#affinity = new PodAffinity(shape, placed, namespaces)
    this.#spread = shape.spread.map((constraint) => new SpreadOver(constraint, shape, nodes, placed))
    // One rule that compares nodes gives the same number in every order; two may get in each other's way.
    const ownRules =
      this.#spread.filter(({countsItself}) => countsItself).length + this.#affinity.avoidsItself.length
    this.orderDecides = this.#affinity.isOpen || ownRules > 1
  }

  get taken(): readonly Seat[] {
    return this.#taken
  }

  /** Places Pods until there are as many, each on the first seat that takes it. @returns where all of them are. */
  fill(wanted: number, order: readonly Seat[] = this.#open): readonly Seat[] {
    // Rules that compare nodes may open one again that was closed, so those are gone through until none takes any more.
    const mayReopen = this.#spread.length > 0 || this.#affinity.isOpen
    for (let before = -1; before < this.#taken.length && this.#taken.length < wanted;) {
      before = mayReopen ? this.#taken.length : wanted
      for (const seat of order)
        while (this.#taken.length < wanted && this.blocker(seat) === undefined) this.take(seat)
    }
    return [...this.#taken]
  }

  free(): readonly Seat[] {
    return this.#open.filter((seat) => this.blocker(seat) === undefined)
  }

  take(seat: Seat): void {
    this.#taken.push(seat)
    this.#move(seat, 1)
  }

  /** Takes the last one back. */
  giveBack(): void {
    const seat = this.#taken.pop()
    if (seat) this.#move(seat, -1)
  }

  empty(): void {
    while (this.#taken.length > 0) this.giveBack()
  }

  /** What keeps the next Pod from each node, counted. */
  blockers(): ReadonlyMap<string, number> {
    const reasons = [...this.#closed, ...this.#open.map((seat) => this.blocker(seat) ?? 'nothing')]
    const counts = new Map<string, number>()
    for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1)
    return new Map([...counts].toSorted(([, one], [, other]) => other - one))
  }

  blocker({node, free, ports}: Seat): string | undefined {
    const {requests, hostPorts} = this.#shape
    if ((free.pods ?? 0) < 1) return 'Pods a node'
    for (const [name, amount] of Object.entries(requests))
      if (amount > 0 && amount > (free[name] ?? 0)) return name
    const port = hostPorts.find((wanted) => ports.some((taken) => isSamePort(wanted, taken)))
    if (port) return `host port ${port.port}`
    return (
      this.#affinity.blocker(node) ??
      this.#spread.map((constraint) => constraint.blocker(node)).find((reason) => reason !== undefined)
    )
  }

  /** What is taken, whatever the order it was taken in. */
  key(): string {
    return this.#taken
      .map((seat) => this.#places.get(seat) ?? -1)
      .sort((one, other) => one - other)
      .join()
  }

  #move(seat: Seat, by: 1 | -1): void {
    occupy(seat, this.#shape, by)
    this.#affinity.add(seat.node, by)
    for (const constraint of this.#spread) constraint.add(seat.node, by)
  }
}

function closedBy(node: Node, shape: PodShape): string | undefined {
  if (!node.isReady) return 'not ready'
  const cordon = {key: 'node.kubernetes.io/unschedulable', value: '', effect: 'NoSchedule'}
  if (node.isUnschedulable && untolerated([cordon], shape.tolerations)) return 'cordoned'
  const taint = untolerated(node.taints, shape.tolerations)
  if (taint) return `taint ${taint.key}`
  return isWanted(node, shape) ? undefined : 'node selector or affinity'
}

function isSamePort(one: HostPort, other: HostPort): boolean {
  const isEverywhere = [one.address, other.address].some((address) => ['', '0.0.0.0'].includes(address))
  return (
    one.port === other.port &&
    one.protocol === other.protocol &&
    (isEverywhere || one.address === other.address)
  )
}

/** How many fit in other orders: from each start in turn, then every way as far as that can be looked at. */
function otherOutcomes(queue: Queue, wanted: number): readonly number[] {
  const starts = wanted > 0 ? queue.free() : []
  const looks = Math.max(1, starts.length)
  const startsAllowed = Math.min(mostStarts, Math.max(2, mostLooks / (looks * wanted)))
  const statesAllowed = Math.min(mostStates, Math.max(50, mostLooks / looks))
  const step = Math.max(1, Math.ceil(starts.length / startsAllowed))
  const outcomes = starts
    .filter((_, index) => index % step === 0)
    .map((start) => {
      queue.take(start)
      const count = fillEvenly(queue, wanted)
      queue.empty()
      return count
    })
  const seen = new Set<string>()
  const explore = (): void => {
    const key = queue.key()
    if (seen.has(key) || seen.size >= statesAllowed) return
    seen.add(key)
    const free = queue.taken.length < wanted ? queue.free() : []
    if (free.length === 0) outcomes.push(queue.taken.length)
    for (const seat of free) {
      queue.take(seat)
      explore()
      queue.giveBack()
    }
  }
  explore()
  return outcomes
}

/** As the scheduler likes it: each Pod where the most is left. */
function fillEvenly(queue: Queue, wanted: number): number {
  const roominess = ({free}: Seat) => (free.cpu ?? 0) / 1000 + (free.memory ?? 0) / 2 ** 32 + (free.pods ?? 0)
  while (queue.taken.length < wanted) {
    let best: Seat | undefined
    for (const seat of queue.free()) if (!best || roominess(seat) > roominess(best)) best = seat
    if (!best) break
    queue.take(best)
  }
  return queue.taken.length
}
