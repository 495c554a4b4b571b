import type {YamlFile} from '../yaml/yaml-file.ts'

/** Path of a setting in the fleet file: in the environment's section where that has it. */
export function placeOfKey(
  project: YamlFile,
  environment: string,
  path: readonly string[],
): readonly string[] {
  const inEnvironment = ['environments', environment, ...path]
  return project.has(inEnvironment) ? inEnvironment : path
}
