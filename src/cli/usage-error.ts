/** The command was called in a way that cannot be meant; the command exits with 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
