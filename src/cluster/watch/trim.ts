/** managedFields are half of an object, and nobody here reads them. */
export function trim<T extends { readonly metadata?: object }>(object: T): T {
  const metadata: { managedFields?: unknown } | undefined = object.metadata;
  // Not `delete`, which turns the object into a slower and bigger one in V8.
  if (metadata !== undefined) metadata.managedFields = undefined;
  return object;
}
