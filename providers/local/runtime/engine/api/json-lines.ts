/** Splits a byte stream into JSON values, one a line, as events and pulls are told. Pure and incremental. */
export function jsonLines(): (chunk: Buffer) => unknown[] {
  let held: Buffer = Buffer.alloc(0);
  return (chunk) => {
    held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
    const values: unknown[] = [];
    for (let end = held.indexOf(10); end >= 0; end = held.indexOf(10)) {
      const line = held.toString("utf8", 0, end).trim();
      held = held.subarray(end + 1);
      if (line !== "") values.push(JSON.parse(line));
    }
    return values;
  };
}
