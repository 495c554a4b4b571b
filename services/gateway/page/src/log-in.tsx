import {useState} from 'preact/hooks'

import {api} from './api.ts'
import {accept, type User} from './session.ts'

export function LogIn() {
  const [isNew, setNew] = useState(false)
  const [problem, setProblem] = useState('')
  const [isBusy, setBusy] = useState(false)

  const submit = async (event: SubmitEvent) => {
    event.preventDefault()
    const form = Object.fromEntries(new FormData(event.currentTarget as HTMLFormElement))
    setBusy(true)
    setProblem('')
    try {
      if (isNew) await api('POST', '/auth/sign-up', form, crypto.randomUUID())
      accept(
        await api<{accessToken: string; user: User}>('POST', '/auth/log-in', {
          email: form.email,
          password: form.password,
        }),
      )
    } catch (error) {
      setProblem((error as Error).message)
      setBusy(false)
    }
  }

  return (
    <section class="log-in">
      <h1>
        <img src="/icon.svg" alt="" width="36" height="36" /> PixelPulse
      </h1>
      <p class="quiet">Draw together. Keep every version.</p>
      <form onSubmit={(event) => void submit(event)}>
        {isNew && (
          <label>
            Name
            <input name="name" required maxLength={100} autocomplete="name" />
          </label>
        )}
        <label>
          E-mail
          <input name="email" type="email" required autocomplete="email" />
        </label>
        <label>
          Password
          <input
            name="password"
            type="password"
            required
            minLength={isNew ? 10 : 1}
            autocomplete={isNew ? 'new-password' : 'current-password'}
          />
        </label>
        {isNew && <p class="quiet">Ten characters or more.</p>}
        {problem && (
          <p class="problem" role="alert">
            {problem}
          </p>
        )}
        <button class="primary" disabled={isBusy}>
          {isNew ? 'Sign up' : 'Log in'}
        </button>
      </form>
      <button class="link" onClick={() => setNew(!isNew)}>
        {isNew ? 'I have an account' : 'I am new here'}
      </button>
    </section>
  )
}
