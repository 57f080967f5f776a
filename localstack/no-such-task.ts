/** What a test asks for by name is not there. */
export class NoSuchTask extends Error {}
