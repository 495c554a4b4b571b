/** Journeys have a lab of their own, so that a lab somebody works in is left alone. */
export const lab = process.env.PP_TEST_LAB ?? 'jrny'
