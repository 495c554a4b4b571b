const first = process.env.PP_TEST_LAB ?? 'jrny'

/** Journeys have labs of their own, one for each worker, so that a lab somebody works in is left alone. */
export const labOf = (worker: number): string => (worker === 1 ? first : `${first}${worker}`)

export const lab = labOf(Number(process.env.JEST_WORKER_ID ?? 1))
