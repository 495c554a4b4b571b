import {HocuspocusProvider, HocuspocusProviderWebsocket} from '@hocuspocus/provider'
import {WebSocket} from 'ws'
import {decodeStateVector, Doc, encodeStateVector, type Map as SharedMap} from 'yjs'

export interface ClientOptions {
  readonly token: () => Promise<string>
  readonly document?: Doc
}

interface Told {
  readonly saved?: string
  readonly isEverything?: boolean
  readonly unsaved?: string
  readonly refused?: string
}

/** Somebody in a design, with the page's own library. */
export interface Client {
  readonly document: Doc
  readonly layers: SharedMap<unknown>
  readonly provider: HocuspocusProvider
  /** What the service has said beside the document, in order. */
  readonly told: readonly Told[]
  /** Codes with which sockets were closed. */
  readonly closes: readonly number[]
  /** Why it was not let in. */
  readonly denials: readonly string[]
  /** The document's clocks as they were last told to be saved. */
  readonly saved: ReadonlyMap<number, number>
  readonly isSaved: boolean
  readonly others: readonly Record<string, unknown>[]
  /** The socket breaks without a word, and none is made until `online`. */
  offline(): void
  online(): void
  leave(): void
}

/** The provider closes sockets that are not open yet, and hears of no error any more; a browser's would not throw it. */
class Socket extends WebSocket {
  constructor(...given: ConstructorParameters<typeof WebSocket>) {
    super(...given)
    this.on('error', () => undefined)
  }
}

export function connect(url: string, design: string, {token, document = new Doc()}: ClientOptions): Client {
  const told: Told[] = []
  const closes: number[] = []
  const denials: string[] = []
  let saved = new Map<number, number>()
  let isEverything = false
  const websocketProvider = new HocuspocusProviderWebsocket({
    url,
    WebSocketPolyfill: Socket,
    delay: 50,
    minDelay: 50,
    maxDelay: 400,
    onClose: ({event}) => closes.push(event.code),
  })
  const provider = new HocuspocusProvider({
    name: design,
    document,
    websocketProvider,
    token,
    onStateless({payload}) {
      const message = JSON.parse(payload) as Told
      told.push(message)
      if (message.saved !== undefined) saved = decodeStateVector(Buffer.from(message.saved, 'base64'))
      isEverything = message.isEverything ?? false
    },
    onAuthenticationFailed: ({reason}) => denials.push(reason),
    // Its clock has to go on for the others to take up what they have been told is gone.
    onSynced: () => provider.awareness?.setLocalState(provider.awareness.getLocalState()),
  })
  document.on('update', (_update, origin) => {
    if (origin !== provider) isEverything = false
  })
  provider.attach()
  const coversOwn = () => {
    const own = decodeStateVector(encodeStateVector(document)).get(document.clientID) ?? 0
    return (saved.get(document.clientID) ?? 0) >= own
  }
  return {
    document,
    layers: document.getMap('layers'),
    provider,
    told,
    closes,
    denials,
    get saved() {
      return saved
    },
    get isSaved() {
      return isEverything && provider.isSynced && !provider.hasUnsyncedChanges && coversOwn()
    },
    get others() {
      const states = [...(provider.awareness?.getStates() ?? [])]
      return states.flatMap(([client, state]) => (client === document.clientID ? [] : [state]))
    },
    offline() {
      websocketProvider.shouldConnect = false
      ;(websocketProvider.webSocket as unknown as WebSocket | null)?.terminate()
    },
    online() {
      // It may not have heard of its end yet, and takes this for done.
      websocketProvider.shouldConnect = true
      void websocketProvider.connect()
    },
    leave() {
      provider.destroy()
      websocketProvider.destroy()
    },
  }
}
