import {api} from '../api.ts'

export interface Uploaded {
  readonly id: string
  readonly width: number
  readonly height: number
}

/** Sends an image to the store, and has it looked at. @throws ApiError, or Error when the store does not take it. */
export async function upload(
  designId: string,
  file: File,
  onProgress: (share: number) => void,
): Promise<Uploaded> {
  const {id, upload: to} = await api<{id: string; upload: {url: string; headers: Record<string, string>}}>(
    'POST',
    `/designs/${designId}/assets`,
    {name: file.name || 'image', contentType: file.type, sizeBytes: file.size},
    crypto.randomUUID(),
  )
  await send(to, file, onProgress)
  return {id, ...(await api<{width: number; height: number}>('POST', `/assets/${id}/complete`))}
}

/** fetch does not tell how far it is. */
function send(
  to: {url: string; headers: Record<string, string>},
  file: File,
  onProgress: (share: number) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    request.open('PUT', to.url)
    for (const [name, value] of Object.entries(to.headers)) request.setRequestHeader(name, value)
    request.upload.onprogress = ({loaded, total}) => onProgress(total === 0 ? 0 : loaded / total)
    request.onload = () => {
      if (request.status < 300) resolve()
      else reject(new Error('The image could not be sent. Try again.'))
    }
    request.onerror = () => reject(new Error('The image could not be sent. Are you offline?'))
    request.send(file)
  })
}
