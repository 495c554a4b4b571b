import {useEffect, useState} from 'preact/hooks'

import {api} from './api.ts'
import {go} from './place.ts'
import {logOut, user} from './session.ts'

interface Summary {
  readonly id: string
  readonly title: string
  readonly version: number
  readonly updatedAt: string
}

export function Designs() {
  const [designs, setDesigns] = useState<readonly Summary[] | undefined>()
  const [problem, setProblem] = useState('')
  useEffect(() => {
    api<{designs: Summary[]}>('GET', '/designs').then(
      (page) => setDesigns(page.designs),
      (error: unknown) => setProblem((error as Error).message),
    )
  }, [])
  const make = async () => {
    try {
      const {id} = await api<{id: string}>('POST', '/designs', {title: 'Untitled'}, crypto.randomUUID())
      go(`/designs/${id}`)
    } catch (error) {
      setProblem((error as Error).message)
    }
  }
  return (
    <section class="designs">
      <header>
        <h1>
          <img src="/icon.svg" alt="" width="28" height="28" /> PixelPulse
        </h1>
        <span class="quiet">{user.value?.name}</span>
        <button onClick={() => void logOut()}>Log out</button>
      </header>
      {problem && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
      <ul>
        <li>
          <button class="card new" onClick={() => void make()}>
            <b>+</b>New design
          </button>
        </li>
        {designs?.map(({id, title, version, updatedAt}) => (
          <li key={id}>
            <button class="card" onClick={() => go(`/designs/${id}`)}>
              <b>{title}</b>
              <span class="quiet">
                version {version} · {new Date(updatedAt).toLocaleString()}
              </span>
            </button>
          </li>
        ))}
      </ul>
      {designs?.length === 0 && <p class="quiet">Nothing here yet. A new design is one click away.</p>}
    </section>
  )
}
