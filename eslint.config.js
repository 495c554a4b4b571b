import eslint from '@eslint/js'
import tseslint from 'typescript-eslint'

// Which layer may import which, what a planner may reach, and that there are no cycles, is checked by scripts/imports.js.
const outsideWorld = ['execa', 'node-ssh', 'ssh2', 'pg', '@kubernetes/*', '@aws-sdk/*']
const plainJavaScript = ['console', 'process', 'performance', 'setTimeout', 'clearTimeout', 'URL']

export default tseslint.config(
  {ignores: ['**/dist', '.build-*', 'node_modules', 'coverage']},
  eslint.configs.recommended,
  {
    files: ['**/*.{ts,tsx}'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: {parserOptions: {projectService: true, tsconfigRootDir: import.meta.dirname}},
    rules: {
      // A default that hands the other kinds on is a decision; a missing case without one is not.
      '@typescript-eslint/switch-exhaustiveness-check': ['error', {considerDefaultExhaustiveForUnions: true}],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', {allowNumber: true}],
      '@typescript-eslint/no-confusing-void-expression': ['error', {ignoreArrowShorthand: true}],
      // An empty string in a variable means "not set"; || says so.
      '@typescript-eslint/prefer-nullish-coalescing': ['error', {ignorePrimitives: {string: true}}],
      '@typescript-eslint/no-unused-vars': ['error', {argsIgnorePattern: '^_'}],
      // No enums here (erasable syntax only); the rule costs seconds.
      '@typescript-eslint/no-unsafe-enum-assignment': 'off',
      // Jest runs tests in a realm of their own, where an error of Node is no instance of Error; Error.isError is not in
      // the types yet.
      '@typescript-eslint/no-deprecated': ['error', {allow: ['isNativeError']}],
      // A call that an optional chain may leave out is no promise then; waiting for it is harmless.
      '@typescript-eslint/await-thenable': 'off',
      // Drivers and fakes answer with promises whether or not they have to wait.
      '@typescript-eslint/require-await': 'off',
      'no-restricted-syntax': [
        'error',
        {
          selector: "ImportDeclaration[source.value='zod'] ImportSpecifier[imported.name='z']",
          message:
            "Write import * as z from 'zod': the name z brings 600 kB into the bundle, and so to every start.",
        },
      ],
      'no-restricted-properties': ['error', {object: 'process', property: 'exit'}],
      'no-restricted-imports': [
        'error',
        {patterns: [{group: outsideWorld, message: 'Only drivers talk to the outside world.'}]},
      ],
    },
  },
  {files: ['src/lib/drivers/**', 'test/**', 'services/**'], rules: {'no-restricted-imports': 'off'}},
  {
    files: ['test/**', 'services/*/test/**', 'services/test/**', 'services/**/*.test.ts'],
    rules: {
      // Tests look inside what was parsed or captured; a wrong guess fails the test.
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
    },
  },
  {
    files: ['**/*.js'],
    languageOptions: {globals: Object.fromEntries(plainJavaScript.map((name) => [name, 'readonly']))},
  },
  {
    files: ['services/*/load.js', 'services/*/load/**'],
    languageOptions: {globals: {__ENV: 'readonly', __VU: 'readonly', __ITER: 'readonly'}},
  },
)
