/** The benchmark's own client of the API server: many requests at once on kept connections, and one watch. */
import { readFileSync } from "node:fs";
import { Pool } from "undici";
import { parse } from "yaml";

export interface Client {
  /** Rejects unless the answer is a success. `body` is sent as JSON, a PATCH as a JSON merge patch. */
  send<T>(method: "GET" | "POST" | "PATCH" | "PUT" | "DELETE", path: string, body?: object): Promise<T>;
  /** Hands over each line of a watch until the signal aborts or the server ends it. */
  watch(path: string, line: (text: string) => void, signal: AbortSignal): Promise<void>;
  /** Reads an answer as it comes and forgets it. Milliseconds from the request on. */
  download(path: string): Promise<{ readonly firstByte: number; readonly end: number; readonly bytes: number }>;
  close(): Promise<void>;
}

/** More than the API server of a small machine can use, so that creating pods never waits for this side. */
const connections = 64;

export function openClient(kubeconfig: string): Client {
  const { server, tls } = credentialsIn(readFileSync(kubeconfig, "utf8"));
  const pool = new Pool(server, { connections, connect: tls });
  const streams = new Pool(server, { connect: tls, bodyTimeout: 0, headersTimeout: 0 });
  return {
    async send<T>(method: "GET" | "POST" | "PATCH" | "PUT" | "DELETE", path: string, body?: object) {
      const type = method === "PATCH" ? "application/merge-patch+json" : "application/json";
      const content = body === undefined ? null : JSON.stringify(body);
      const answer = await pool.request({ method, path, headers: { "content-type": type }, body: content });
      const text = await answer.body.text();
      if (answer.statusCode >= 300) throw new Error(`${method} ${path}: ${answer.statusCode} ${text}`);
      return JSON.parse(text) as T;
    },
    async watch(path, line, signal) {
      const answer = await streams.request({ method: "GET", path, signal });
      let rest = "";
      answer.body.setEncoding("utf8");
      try {
        for await (const chunk of answer.body) {
          const lines = (rest + String(chunk)).split("\n");
          rest = lines.pop() ?? "";
          for (const text of lines) line(text);
        }
      } catch (error) {
        if (!signal.aborted) throw error;
      }
    },
    async download(path) {
      const start = performance.now();
      const answer = await streams.request({ method: "GET", path });
      let [firstByte, bytes] = [Number.NaN, 0];
      for await (const chunk of answer.body as AsyncIterable<Buffer>) {
        if (bytes === 0) firstByte = performance.now() - start;
        bytes += chunk.length;
      }
      if (answer.statusCode >= 300) throw new Error(`GET ${path}: ${answer.statusCode}`);
      return { firstByte, end: performance.now() - start, bytes };
    },
    async close() {
      await Promise.all([pool.destroy(), streams.destroy()]);
    },
  };
}

interface Kubeconfig {
  readonly clusters: readonly { cluster: { server: string; "certificate-authority-data": string } }[];
  readonly users: readonly { user: { "client-certificate-data": string; "client-key-data": string } }[];
}

function credentialsIn(text: string) {
  const { clusters, users } = parse(text) as Kubeconfig;
  const [cluster, user] = [clusters[0]?.cluster, users[0]?.user];
  if (cluster === undefined || user === undefined) throw new Error("the kubeconfig names no cluster or no user");
  const decoded = (base64: string) => Buffer.from(base64, "base64").toString();
  return {
    server: cluster.server,
    tls: {
      ca: decoded(cluster["certificate-authority-data"]),
      cert: decoded(user["client-certificate-data"]),
      key: decoded(user["client-key-data"]),
    },
  };
}

/** Calls `work` for 0 … count-1, `atOnce` of them at a time. */
export async function each(count: number, atOnce: number, work: (index: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  const one = async () => {
    for (let index = next++; index < count; index = next++) await work(index);
  };
  await Promise.all(Array.from({ length: atOnce }, one));
}
