/** Tests that fail, by their names, each with the reason in one sentence. A test that fails without one fails the run. */
export const knownFailures: ReadonlyMap<string, string> = new Map([]);
