import {signal} from '@preact/signals'

/** The path of the page that is shown. */
export const place = signal(location.pathname)
addEventListener('popstate', () => {
  place.value = location.pathname
})

export function go(path: string): void {
  history.pushState(null, '', path)
  place.value = path
}
