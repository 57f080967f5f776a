import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import type { Work, WorkEnd } from "./sandbox.ts";

/** Lambda's Runtime API for one environment: by it a runtime takes its work and hands in what came of it. */
export interface RuntimeApi {
  /** `127.0.0.1:12345`, for AWS_LAMBDA_RUNTIME_API. */
  readonly address: string;
  /** Resolves when the runtime first asks for work, or with the error by which it says that it cannot. */
  readonly loaded: Promise<WorkEnd | undefined>;
  /** Resolves when the runtime has handed in the end of this work and asks for more. `deadline`: wall milliseconds. */
  run(work: Work, deadline: number): Promise<WorkEnd>;
  /** What has been handed in of the work under way, and whether it is over: for when the process is gone. */
  readonly handedIn: WorkEnd | undefined;
  close(): void;
}

interface Current {
  readonly work: Work;
  readonly deadline: number;
  readonly done: (end: WorkEnd) => void;
  isGiven: boolean;
  end: WorkEnd | undefined;
}

const base = "/2018-06-01/runtime/";

/** Hands one work over at a time, and takes what came of it. */
class Handover {
  readonly loaded = Promise.withResolvers<WorkEnd | undefined>();
  current: Current | undefined;
  #asking: ServerResponse | undefined;

  begin(current: Current): void {
    this.current = current;
    this.#give();
  }

  /** Whoever asks for more has done with what it had. */
  next(response: ServerResponse): void {
    this.loaded.resolve(undefined);
    this.#asking = response;
    const { end, done } = this.current ?? {};
    if (end !== undefined) {
      this.current = undefined;
      done?.(end);
    }
    this.#give();
  }

  handIn(response: ServerResponse, requestId: string, end: WorkEnd): void {
    const { current } = this;
    if (current === undefined || current.work.requestId !== requestId || !current.isGiven)
      return refused(response, 400, "InvalidRequestID", "Invalid request ID");
    if (current.end !== undefined) return refused(response, 403, "InvalidStateTransition", "Transition is not allowed");
    current.end = end;
    answered(response, 202, { status: "OK" });
  }

  #give(): void {
    const { current } = this;
    if (this.#asking === undefined || current === undefined || current.isGiven) return;
    current.isGiven = true;
    this.#asking.writeHead(200, headersOf(current));
    this.#asking.end(current.work.payload);
    this.#asking = undefined;
  }
}

export async function openRuntimeApi(): Promise<RuntimeApi> {
  const handover = new Handover();
  const server = createServer((request, response) => {
    void text(request).then(
      (body) => serve(handover, request, response, body),
      () => response.destroy(),
    );
  });
  // A runtime may wait for work for as long as it likes.
  server.requestTimeout = 0;
  server.keepAliveTimeout = 0;
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    loaded: handover.loaded.promise,
    run: (work, deadline) =>
      new Promise((done) => handover.begin({ work, deadline, done, isGiven: false, end: undefined })),
    get handedIn() {
      return handover.current?.end;
    },
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

function serve(handover: Handover, request: IncomingMessage, response: ServerResponse, body: string): void {
  const { url = "", method } = request;
  const path = url.startsWith(base) ? url.slice(base.length) : "";
  const [, requestId = "", what] = /^invocation\/([^/]+)\/(response|error)$/.exec(path) ?? [];
  if (path === "invocation/next" && method === "GET") return handover.next(response);
  if (path === "init/error") {
    handover.loaded.resolve({ is: "error", payload: body });
    return answered(response, 202, { status: "OK" });
  }
  if (what === undefined) return refused(response, 404, "NotFound", "there is no such path");
  handover.handIn(response, requestId, { is: what === "response" ? "returned" : "error", payload: body });
}

function headersOf({ work, deadline }: Current): Record<string, string> {
  const { requestId, functionArn, clientContext } = work;
  return {
    "content-type": "application/json",
    "lambda-runtime-aws-request-id": requestId,
    "lambda-runtime-deadline-ms": String(Math.round(deadline)),
    "lambda-runtime-invoked-function-arn": functionArn,
    "lambda-runtime-trace-id": `Root=1-${requestId.slice(0, 8)}-${requestId.replaceAll("-", "").slice(8)};Sampled=0`,
    ...(clientContext !== undefined && { "lambda-runtime-client-context": clientContext }),
  };
}

function answered(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}

function refused(response: ServerResponse, status: number, errorType: string, errorMessage: string): void {
  answered(response, status, { errorType, errorMessage });
}
