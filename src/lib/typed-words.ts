const plain = /^[\w./:=,@%+-]+$/

/** Words as one types them in a shell, quoted where they have to be. */
export const typedWords = (words: readonly string[]): string =>
  words.map((word) => (plain.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`)).join(' ')
