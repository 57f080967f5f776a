import { readFileSync } from "node:fs";

import { describe, expect, it } from "vitest";

import { encodePing } from "./frame.ts";
import { dataFrame, recorded, testSession } from "./testing.ts";

/** What came on each stream of a session that has read what a client once wrote. */
async function replayed(name: string): Promise<{ id: number; headers: Record<string, string>; bytes: string }[]> {
  const arrived = new Map<number, string>();
  const t = testSession({
    onStream({ id, accept, data }) {
      accept();
      data.on("data", (chunk: Buffer) => arrived.set(id, `${arrived.get(id) ?? ""}${chunk.toString()}`));
    },
  });
  const bytes = recorded(name);
  // Not at once: the RST_STREAM at its end would throw away what nobody has read yet.
  for (let at = 0; at < bytes.length; at += 20) {
    t.peer.write(bytes.subarray(at, at + 20));
    await t.settled();
  }
  return t.streams.map(({ id, headers }) => ({
    id,
    headers: Object.fromEntries(headers.entries().map(([key, values]) => [key, values.join()])),
    bytes: arrived.get(id) ?? "",
  }));
}

describe("what client-go writes", () => {
  it("for an exec with stdin, stdout and stderr is four streams and the input", async () => {
    expect(await replayed("exec")).toEqual([
      { id: 1, headers: { streamtype: "error" }, bytes: "" },
      { id: 3, headers: { streamtype: "stdin" }, bytes: "from stdin\n" },
      { id: 5, headers: { streamtype: "stdout" }, bytes: "" },
      { id: 7, headers: { streamtype: "stderr" }, bytes: "" },
    ]);
  });

  it("for an exec with a terminal is a resize in place of stderr", async () => {
    expect(await replayed("exec-tty")).toEqual([
      { id: 1, headers: { streamtype: "error" }, bytes: "" },
      { id: 3, headers: { streamtype: "stdin" }, bytes: "from stdin\n" },
      { id: 5, headers: { streamtype: "stdout" }, bytes: "" },
      { id: 7, headers: { streamtype: "resize" }, bytes: '{"Width":80,"Height":24}\n' },
    ]);
  });

  it("for three forwarded connections is three pairs of streams, told apart by requestid", async () => {
    const pairs = [0, 1, 2].flatMap((n) => [
      { id: 4 * n + 1, headers: { streamtype: "error", port: "8080", requestid: `${n}` }, bytes: "" },
      { id: 4 * n + 3, headers: { streamtype: "data", port: "8080", requestid: `${n}` }, bytes: `connection ${n}\n` },
    ]);
    expect(await replayed("port-forward")).toEqual(pairs);
  });
});

describe("what a session writes", () => {
  it("is byte for byte what Go's framer has read", async () => {
    const t = testSession();
    const bytes: Buffer[] = [];
    t.peer.on("data", (chunk: Buffer) => bytes.push(chunk));
    t.peer.write(Buffer.concat([t.syn(1), t.syn(3), encodePing(5), t.syn(5), t.syn(4), dataFrame(3, "", true)]));
    await t.settled();
    const [first, second, third] = t.streams;
    first?.data.write("first ");
    first?.data.end("stream");
    second?.data.end();
    third?.data.destroy();
    await t.settled();
    t.session.close();
    await t.session.closed;
    await t.settled();
    expect(Buffer.concat(bytes).toString("hex")).toBe(recorded("server").toString("hex"));
    const read = readFileSync(new URL("../../../test/fixtures/spdy/server.json", import.meta.url), "utf8");
    expect(JSON.parse(read)).toEqual([
      "SYN_REPLY stream 1, 0 headers, flags 0",
      "SYN_REPLY stream 3, 0 headers, flags 0",
      "PING 5",
      "SYN_REPLY stream 5, 0 headers, flags 0",
      "RST_STREAM stream 4, status 1",
      'DATA stream 1, "first ", flags 0',
      'DATA stream 1, "stream", flags 0',
      'DATA stream 1, "", flags 1',
      'DATA stream 3, "", flags 1',
      "RST_STREAM stream 5, status 5",
      "GOAWAY last good 5, status 0",
    ]);
  });
});
