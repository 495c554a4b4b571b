import {useEffect} from 'preact/hooks'

import {api} from './api.ts'
import {Designs} from './designs.tsx'
import {Editor} from './editor/editor.tsx'
import {LogIn} from './log-in.tsx'
import {go, place} from './place.ts'
import {isSettled, user} from './session.ts'

export function Page() {
  if (!isSettled.value)
    return (
      <p class="waiting" role="status">
        …
      </p>
    )
  if (!user.value) return <LogIn />
  const [, kind, id] = place.value.split('/')
  if (kind === 'designs' && id) return <Editor key={id} id={id} />
  if (kind === 'join' && id) return <Join token={id} />
  return <Designs />
}

/** The link of an invitation was opened. */
function Join({token}: {token: string}) {
  useEffect(() => {
    api<{designId: string}>('POST', `/invitations/${token}/accept`).then(
      ({designId}) => go(`/designs/${designId}`),
      () => go('/'),
    )
  }, [token])
  return (
    <p class="waiting" role="status">
      Opening the design…
    </p>
  )
}
