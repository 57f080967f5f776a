/** grpc.health.v1.Health/Check over plain HTTP/2, as the kubelet asks it (k8s.io/kubernetes v1.36 pkg/probe/grpc). */
import { type ClientHttp2Session, connect, type IncomingHttpHeaders } from "node:http2";
import { mostOutput, type Outcome } from "../probe.ts";
import { checkRequest, checkResponse } from "./health-message.ts";
import { dialTrouble, goDuration, hostPort } from "./words.ts";

export interface GrpcQuestion {
  readonly host: string;
  readonly port: number;
  /** Empty: the server as a whole. */
  readonly service: string;
  readonly userAgent: string;
  /** Milliseconds: told to the server, and to whoever reads the event. */
  readonly timeout: number;
}

/** Names of gRPC's status codes (google.golang.org/grpc/codes). */
const codes =
  "OK Canceled Unknown InvalidArgument DeadlineExceeded NotFound AlreadyExists PermissionDenied ResourceExhausted FailedPrecondition Aborted OutOfRange Unimplemented Internal Unavailable DataLoss Unauthenticated".split(
    " ",
  );

const failure = (message: string): Outcome => ({ result: "failure", message });

export async function probeGrpc(question: GrpcQuestion, signal: AbortSignal): Promise<Outcome> {
  const address = hostPort(question.host, question.port);
  const within = goDuration(question.timeout);
  const session = connect(`http://${address}`);
  let connected = false;
  const trouble = new Promise<Outcome>((resolve) => {
    session.once("remoteSettings", () => (connected = true));
    session.on("error", (error) => {
      const words = dialTrouble(error, address);
      resolve(
        connected
          ? failure(`error: health rpc probe failed: rpc error: code = Unavailable desc = ${words}`)
          : failure(`error: failed to connect service at "${address}": ${words}`),
      );
    });
    session.once("close", () => resolve(failure(`error: failed to connect service at "${address}": EOF`)));
    const late = (): void =>
      resolve(
        connected
          ? failure(`timeout: health rpc did not complete within ${within}`)
          : failure(`timeout: failed to connect service "${address}" within ${within}: context deadline exceeded`),
      );
    if (signal.aborted) late();
    else signal.addEventListener("abort", late, { once: true });
  });
  try {
    return await Promise.race([trouble, check(session, question)]);
  } finally {
    session.destroy();
  }
}

/** Pending for ever when the connection breaks: its own errors tell why. */
function check(session: ClientHttp2Session, { service, userAgent, timeout }: GrpcQuestion): Promise<Outcome> {
  const stream = session.request({
    ":method": "POST",
    ":path": "/grpc.health.v1.Health/Check",
    "content-type": "application/grpc",
    "user-agent": userAgent,
    "grpc-timeout": `${Math.ceil(timeout)}m`,
    te: "trailers",
  });
  stream.end(checkRequest(service));
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const told: IncomingHttpHeaders = {};
    stream.on("error", () => undefined);
    // Without a message, what belongs into the trailers is in the headers.
    stream.on("response", (headers) => Object.assign(told, headers));
    stream.on("trailers", (trailers) => Object.assign(told, trailers));
    stream.on("data", (chunk: Buffer) => {
      length += chunk.length;
      if (length <= mostOutput) chunks.push(chunk);
    });
    stream.on("end", () => resolve(verdict(told, Buffer.concat(chunks))));
  });
}

function verdict(told: IncomingHttpHeaders, body: Buffer): Outcome {
  const code = told["grpc-status"] === undefined ? undefined : Number(told["grpc-status"]);
  const description = decodeURIComponentOrNot([told["grpc-message"] ?? ""].flat().join(""));
  if (code === undefined) {
    const words = `unexpected HTTP status code received from server: ${String(told[":status"])}`;
    return failure(`error: health rpc probe failed: rpc error: code = Unknown desc = ${words}`);
  }
  if (codes[code] === "Unimplemented") {
    return failure(
      `error: this server does not implement the grpc health protocol (grpc.health.v1.Health): ${description}`,
    );
  }
  if (code !== 0) {
    const name = codes[code] ?? `Code(${code})`;
    return failure(`error: health rpc probe failed: rpc error: code = ${name} desc = ${description}`);
  }
  const status = checkResponse(body);
  if (status === "SERVING") return { result: "success", message: "service healthy" };
  return failure(`service unhealthy (responded with "${status ?? "no message"}")`);
}

/** grpc-message is percent-encoded; a server that forgets it is read as it is. */
function decodeURIComponentOrNot(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
