const first = process.env.PP_TEST_LAB ?? 'jrny'
const worker = process.env.JEST_WORKER_ID ?? '1'

/** Journeys have labs of their own, one for each worker, so that a lab somebody works in is left alone. */
export const lab = worker === '1' ? first : `${first}${worker}`
