import type {Editing} from './editor.tsx'
import {kindNames, type Layer} from './scene.ts'

const nameOf = (layer: Layer): string =>
  layer.name ||
  (layer.kind === 'text' ? layer.text.split('\n')[0]?.slice(0, 30) : undefined) ||
  kindNames[layer.kind]

/** All layers, the front one first. */
export function LayersPanel({shared, selected, select}: Editing) {
  const layers = shared.scene.value.layers.toReversed()
  return (
    <section class="panel" aria-label="Layers">
      <h2>Layers</h2>
      {layers.length === 0 && <p class="quiet">Nothing yet. Add a shape, a text or an image above.</p>}
      <ul class="layers">
        {layers.map((layer) => (
          <li key={layer.id} class={selected.includes(layer.id) ? 'selected' : ''}>
            <button
              class="icon"
              aria-label={`${layer.isVisible ? 'Hide' : 'Show'} ${nameOf(layer)}`}
              onClick={() => shared.update(layer.id, {isVisible: !layer.isVisible})}
            >
              {layer.isVisible ? '●' : '○'}
            </button>
            <button
              class="name"
              aria-pressed={selected.includes(layer.id)}
              onClick={() => select([layer.id])}
              onDblClick={() => {
                const name = prompt('Name of the layer', nameOf(layer))
                if (name !== null) shared.update(layer.id, {name: name.slice(0, 100)})
              }}
            >
              {nameOf(layer)}
            </button>
            <button
              class="icon"
              aria-label={`${nameOf(layer)} forwards`}
              onClick={() => shared.move(layer.id, 1)}
            >
              ↑
            </button>
            <button
              class="icon"
              aria-label={`${nameOf(layer)} backwards`}
              onClick={() => shared.move(layer.id, -1)}
            >
              ↓
            </button>
            <button
              class="icon"
              aria-label={`Remove ${nameOf(layer)}`}
              onClick={() => shared.remove([layer.id])}
            >
              ✕
            </button>
          </li>
        ))}
      </ul>
    </section>
  )
}
