import type {Editing} from './editor.tsx'
import type {Layer} from './scene.ts'

/** What can be said of the selected layer; nothing where none is. */
export function Properties({shared, selected}: Editing) {
  const layer = shared.scene.value.layers.find(({id}) => id === selected[0])
  if (!layer) return null
  const set = (change: Partial<Layer>) => shared.update(layer.id, change)
  const number = (label: string, key: 'x' | 'y' | 'width' | 'height' | 'rotation', min?: number) => (
    <label>
      {label}
      <input
        type="number"
        min={min}
        value={layer[key]}
        onChange={(event) => set({[key]: bounded(event.currentTarget.value, min)})}
      />
    </label>
  )
  return (
    <section class="panel" aria-label="Properties">
      <h2>Properties</h2>
      <div class="fields">
        {number('X', 'x')}
        {number('Y', 'y')}
        {number('Width', 'width', 0)}
        {number('Height', 'height', 0)}
        {number('Turn', 'rotation')}
        <label>
          Opacity
          <input
            type="range"
            min="0"
            max="1"
            step="0.05"
            value={layer.opacity}
            onChange={(event) => set({opacity: Number(event.currentTarget.value)})}
          />
        </label>
        {'fill' in layer && <Color label="Fill" value={layer.fill} onChange={(fill) => set({fill})} />}
        {'stroke' in layer && (
          <Color label="Edge" value={layer.stroke} onChange={(stroke) => set({stroke})} />
        )}
        {'strokeWidth' in layer && (
          <label>
            Edge width
            <input
              type="number"
              min="0"
              max="500"
              value={layer.strokeWidth}
              onChange={(event) =>
                set({
                  strokeWidth: bounded(event.currentTarget.value, 0),
                  ...(layer.stroke === undefined && {stroke: '#0b3c49'}),
                })
              }
            />
          </label>
        )}
        {layer.kind === 'rectangle' && (
          <label>
            Corners
            <input
              type="number"
              min="0"
              value={layer.cornerRadius}
              onChange={(event) => set({cornerRadius: bounded(event.currentTarget.value, 0)})}
            />
          </label>
        )}
        {layer.kind === 'text' && (
          <>
            <label>
              Size
              <input
                type="number"
                min="1"
                max="2000"
                value={layer.fontSize}
                onChange={(event) => set({fontSize: Math.max(1, bounded(event.currentTarget.value, 1))})}
              />
            </label>
            <label>
              Align
              <select
                value={layer.align}
                onChange={(event) => set({align: event.currentTarget.value} as Partial<Layer>)}
              >
                <option>left</option>
                <option>center</option>
                <option>right</option>
              </select>
            </label>
            <label class="wide">
              Text
              <textarea
                rows={2}
                value={layer.text}
                maxLength={5000}
                onChange={(event) => set({text: event.currentTarget.value})}
              />
            </label>
          </>
        )}
        <label class="check">
          <input
            type="checkbox"
            checked={layer.effects.some(({kind}) => kind === 'shadow')}
            onChange={(event) =>
              set({
                effects: event.currentTarget.checked
                  ? [{kind: 'shadow', dx: 4, dy: 6, blur: 8, color: '#00000066'}]
                  : [],
              })
            }
          />
          Shadow
        </label>
      </div>
    </section>
  )
}

function Color({
  label,
  value,
  onChange,
}: {
  label: string
  value: string | undefined
  onChange: (color: string) => void
}) {
  return (
    <label>
      {label}
      <input
        type="color"
        value={(value ?? '#000000').slice(0, 7)}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
    </label>
  )
}

/** What was typed as a number that a scene may hold. */
function bounded(text: string, min = -20_000): number {
  const value = Number(text)
  return Number.isFinite(value) ? Math.min(Math.max(value, min), 20_000) : 0
}
