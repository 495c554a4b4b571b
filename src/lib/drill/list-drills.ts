import {PpError} from '../errors.ts'
import {listDrills, loadDrill, type DrillHome} from './format/load.ts'

export type ListedDrill =
  | {
      readonly name: string
      readonly isValid: true
      readonly title: string
      readonly owner: string
      readonly environments: readonly string[]
      readonly file: string
    }
  | {readonly name: string; readonly isValid: false; readonly mistakes: string}

/** Every drill of a fleet; one whose file has mistakes hides no other. */
export function describeDrills(home: DrillHome): readonly ListedDrill[] {
  return listDrills(home).map((name) => {
    try {
      const {title, owner, environments, file} = loadDrill(home, name)
      return {name, isValid: true, title, owner, environments, file}
    } catch (error) {
      if (error instanceof PpError && error.code === 'DRILL_INVALID')
        return {name, isValid: false, mistakes: error.message}
      throw error
    }
  })
}
