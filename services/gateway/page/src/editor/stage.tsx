import {useEffect, useRef, useState} from 'preact/hooks'

import {Canvas} from './canvas.ts'
import type {Editing} from './editor.tsx'
import {imageLayer} from './scene.ts'
import {upload} from './upload.ts'

/** The design itself, as big as there is room for. */
export function Stage(editing: Editing) {
  const {shared, selected, select, design, say} = editing
  const place = useRef<HTMLDivElement>(null)
  const room = useRef<HTMLDivElement>(null)
  const canvas = useRef<Canvas | undefined>(undefined)
  const [zoom, setZoom] = useState(1)
  const [text, setText] = useState<string | undefined>()
  const scene = shared.scene.value

  useEffect(() => {
    if (!place.current) return
    canvas.current = new Canvas(place.current, {
      onSelect: select,
      onChange: (id, change) => shared.update(id, change),
      onPoint: (cursor) => shared.point(cursor),
      onEditText: setText,
    })
    return () => canvas.current?.destroy()
  }, [shared])
  useEffect(() => {
    if (!room.current) return
    const fit = new ResizeObserver(([entry]) => {
      const {width = 1, height = 1} = entry?.contentRect ?? {}
      setZoom(Math.max(0.05, Math.min(width / scene.width, height / scene.height, 2)))
    })
    fit.observe(room.current)
    return () => fit.disconnect()
  }, [scene.width, scene.height])
  useEffect(() => canvas.current?.show(scene, zoom), [scene, zoom])
  useEffect(() => canvas.current?.select(selected), [selected, scene])
  useEffect(() => canvas.current?.showOthers(shared.others.value, zoom), [shared.others.value, zoom])

  const drop = async (event: DragEvent) => {
    event.preventDefault()
    for (const file of event.dataTransfer?.files ?? [])
      try {
        const {id, ...size} = await upload(design.id, file, () => undefined)
        shared.add(imageLayer(id, size, scene))
      } catch (error) {
        say((error as Error).message)
      }
  }
  return (
    <div class="room" onDragOver={(event) => event.preventDefault()} onDrop={(event) => void drop(event)}>
      <div class="fit" ref={room}>
        <div class="sheet">
          <div
            class="stage"
            ref={place}
            role="img"
            aria-label={`${design.title}, ${scene.layers.length} layers`}
          />
          {text !== undefined && (
            <TextInput
              {...editing}
              id={text}
              box={canvas.current?.boxOf(text)}
              zoom={zoom}
              onDone={() => setText(undefined)}
            />
          )}
        </div>
      </div>
    </div>
  )
}

interface TextInputProps extends Editing {
  readonly id: string
  readonly box: {x: number; y: number; width: number; height: number} | undefined
  readonly zoom: number
  readonly onDone: () => void
}

/** The text of a layer, edited where it stands. */
function TextInput({shared, id, box, zoom, onDone}: TextInputProps) {
  const input = useRef<HTMLTextAreaElement>(null)
  const layer = shared.scene.value.layers.find((one) => one.id === id)
  useEffect(() => {
    input.current?.focus()
    input.current?.select()
  }, [])
  if (layer?.kind !== 'text' || !box) return null
  const end = () => {
    if (input.current) shared.update(id, {text: input.current.value})
    onDone()
  }
  return (
    <textarea
      ref={input}
      class="text-input"
      aria-label="Text"
      defaultValue={layer.text}
      style={{
        left: box.x,
        top: box.y,
        width: box.width,
        height: Math.max(box.height, layer.fontSize * zoom * 1.5),
        fontSize: layer.fontSize * zoom,
        fontWeight: layer.isBold ? 700 : 400,
        textAlign: layer.align,
        color: layer.fill,
      }}
      onBlur={end}
      onKeyDown={(event) => {
        if (event.key === 'Escape') onDone()
        if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) end()
      }}
    />
  )
}
