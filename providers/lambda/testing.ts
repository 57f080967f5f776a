/** Lambda over real HTTP as far as a unit test needs it, and a provider on it. */
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Launch, Provider, ProviderContext, ResolvedPod, TaskIdentity, TaskState } from "../../src/provider.ts";
import { fakeClock, type FakeClock } from "../../test/support/fake-clock.ts";
import { providerContext } from "../../test/support/provider-context.ts";
import { podWith, resolvedPod } from "../../test/support/resolve-sources.ts";
import { type FakeExecutions, fakeExecutions } from "./durable/testing.ts";
import { create } from "./provider.ts";
import type { LambdaRequest } from "./request.ts";

/** What one Invoke is answered with. `hang up`: the connection is cut after the request was read. */
export type Reply =
  | "hang up"
  | { readonly returns: unknown; readonly error?: string; readonly tail?: string; readonly requestId?: string }
  | { readonly status: number; readonly code: string; readonly message?: string; readonly retryAfter?: number };

export interface Invoked {
  readonly name: string;
  readonly qualifier: string | null;
  readonly headers: IncomingHttpHeaders;
  readonly payload: unknown;
  /** Of burstlet's end of the connection. */
  readonly port: number | undefined;
}

export interface FakeLambda {
  readonly url: string;
  readonly invoked: Invoked[];
  /** Every call, such as `lambda:GetFunction`. */
  readonly calls: string[];
  /** By name, as GetFunction shows it; what is missing does not exist. */
  readonly functions: Record<string, { Configuration?: object; Concurrency?: object }>;
  /** Its durable executions. */
  readonly executions: FakeExecutions;
  unreserved: number;
  /** Rejects every call of the control plane with this code. */
  denies: string | undefined;
  /** So many of the next calls of the control plane find their connection cut. */
  hangsUp: number;
  answer: (call: Invoked, nth: number) => Reply | Promise<Reply>;
  close(): Promise<void>;
}

async function startFakeLambda(): Promise<FakeLambda> {
  const fake: Omit<FakeLambda, "url" | "close"> = {
    invoked: [],
    calls: [],
    functions: { f: { Configuration: { Version: "$LATEST", MemorySize: 128, Timeout: 3, State: "Active" } } },
    executions: fakeExecutions(),
    unreserved: 1_000,
    denies: undefined,
    hangsUp: 0,
    answer: () => ({ returns: null }),
  };
  const server = createServer((req, res) => {
    const chunks: Buffer[] = [];
    req.on("data", (chunk: Buffer) => chunks.push(chunk));
    req.on("end", () => {
      const { pathname, searchParams } = new URL(req.url ?? "", "http://lambda");
      const text = Buffer.concat(chunks).toString();
      const other = fake.executions.answer(req, text, fake.calls);
      if (other !== undefined)
        return "hang up" in other ? replied(res, "hang up") : json(res, other.status, other.body, other.headers);
      const [, name = "", operation] = /\/functions\/([^/]+)(?:\/(\w+))?$/.exec(decodeURIComponent(pathname)) ?? [];
      if (operation === "invocations") {
        const payload: unknown = JSON.parse(text);
        const call = {
          name,
          qualifier: searchParams.get("Qualifier"),
          headers: req.headers,
          payload,
          port: req.socket.remotePort,
        };
        fake.calls.push("lambda:InvokeFunction");
        const nth = fake.invoked.push(call);
        void Promise.resolve(fake.answer(call, nth)).then((reply) => replied(res, reply));
        return;
      }
      const isAccount = pathname.endsWith("/account-settings/") || pathname.endsWith("/account-settings");
      fake.calls.push(isAccount ? "lambda:GetAccountSettings" : "lambda:GetFunction");
      if (fake.hangsUp > 0) {
        fake.hangsUp--;
        return replied(res, "hang up");
      }
      if (fake.denies !== undefined) return replied(res, { status: 403, code: fake.denies });
      if (isAccount)
        return json(res, 200, {
          AccountLimit: { ConcurrentExecutions: 1_000, UnreservedConcurrentExecutions: fake.unreserved },
        });
      const found = fake.functions[name];
      if (found === undefined) return replied(res, { status: 404, code: "ResourceNotFoundException" });
      return json(res, 200, found);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return Object.assign(fake, { url, close: async () => closed(server) });
}

function replied(res: ServerResponse, reply: Reply): void {
  if (reply === "hang up") return void res.socket?.destroy();
  if ("code" in reply) {
    const { status, code, message = code, retryAfter } = reply;
    if (retryAfter !== undefined) res.setHeader("retry-after", String(retryAfter));
    res.setHeader("x-amzn-errortype", code);
    return json(res, status, { Message: message, Type: "User" });
  }
  const { returns, error, tail = "", requestId = "request-1" } = reply;
  res.setHeader("x-amzn-requestid", requestId);
  res.setHeader("x-amz-executed-version", "$LATEST");
  res.setHeader("x-amz-log-result", Buffer.from(tail).toString("base64"));
  if (error !== undefined) res.setHeader("x-amz-function-error", error);
  json(res, 200, returns);
}

function json(res: ServerResponse, status: number, body: unknown, headers: object = {}): void {
  res.writeHead(status, { "content-type": "application/json", ...headers });
  res.end(JSON.stringify(body));
}

function closed(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}

export interface Opened extends AsyncDisposable {
  readonly lambda: FakeLambda;
  readonly clock: FakeClock;
  readonly provider: Provider<LambdaRequest>;
  /** As the feed has told them, oldest first. */
  readonly told: TaskState[];
  /** As the feed has told them. */
  readonly gone: TaskIdentity[];
  /** Launches the pod with this uid, of function `f` unless changed. */
  launch(uid: string, change?: Parameters<typeof podWith>[0], spec?: Parameters<typeof podWith>[1]): Promise<TaskState>;
  /** The newest picture of it. */
  state(uid: string): TaskState | undefined;
  /** Lets real I/O happen until this holds; fails after ten seconds. The clock moves by a millisecond each time, or by `step`. */
  until(what: string, holds: () => boolean, step?: number): Promise<void>;
}

/** Of cluster `cluster-1`. `config`: part `lambda` of the node's configuration. */
export async function openLambda(
  config: Record<string, unknown> = {},
  change: Partial<ProviderContext> = {},
): Promise<Opened> {
  const lambda = await startFakeLambda();
  const clock = fakeClock();
  const context = providerContext(clock, { grants: [{ namespace: "ns", allow: ["*"] }], ...change });
  const provider = await create({ region: "eu-central-1", endpoint: lambda.url, ...config }, context);
  const told: TaskState[] = [];
  const gone: TaskIdentity[] = [];
  const watching = new AbortController();
  const nothing = (): void => undefined;
  const feed = {
    task: (state: TaskState) => void told.push(state),
    gone: (one: TaskIdentity) => void gone.push(one),
    synced: nothing,
    health: nothing,
  };
  const watched = provider.watch(feed, watching.signal);
  const state = (uid: string) => told.findLast(({ identity }) => identity.podUid === uid);
  return {
    lambda,
    clock,
    provider,
    told,
    gone,
    state,
    async launch(uid, container = {}, spec = {}) {
      const resolved = await resolvedFor(uid, container, spec);
      return provider.launch(launchOf(provider, resolved), new AbortController().signal);
    },
    async until(what, holds, step = 1) {
      for (let round = 0; !holds(); round++) {
        if (round > 2_000)
          throw new Error(`${what}: not within ten seconds; last told: ${JSON.stringify(told.at(-1))}`);
        await new Promise((resolve) => setTimeout(resolve, 5));
        await clock.advance(step);
      }
    },
    async [Symbol.asyncDispose]() {
      watching.abort();
      await watched;
      await provider.close?.();
      await lambda.close();
    },
  };
}

/** A pod of function `f` with this uid, resolved. */
export async function resolvedFor(
  uid: string,
  container: Parameters<typeof podWith>[0] = {},
  spec: Parameters<typeof podWith>[1] = {},
  annotations: Readonly<Record<string, string>> = {},
): Promise<ResolvedPod> {
  const pod = podWith({ image: "lambda://f", ...container }, { restartPolicy: "Never", ...spec });
  return resolvedPod({ ...pod, metadata: { ...pod.metadata, uid, annotations } });
}

export function launchOf(provider: Provider<LambdaRequest>, resolved: ResolvedPod): Launch<LambdaRequest> {
  const { request, refusals } = provider.translate(resolved);
  if (request === undefined) throw new Error(refusals.map(({ sentence }) => sentence).join("\n"));
  const identity = { clusterUid: "cluster-1", podUid: resolved.uid, attempt: 1 };
  return { identity, token: `token-${resolved.uid}`, tryNumber: 1, request };
}
