/** One run of one hook. Nothing of it is in the container's log. */
import { request } from "node:http";
import type { Duplex } from "node:stream";
import { connect as tls } from "node:tls";
import type { Clock, ExecCommand, ProcessStream } from "../../src/provider.ts";
import type { HookSpec } from "./hook-spec.ts";

/** The ways into the task that a hook needs. */
export interface HookWays {
  exec(command: ExecCommand, signal: AbortSignal): Promise<ProcessStream>;
  connect(port: number, signal: AbortSignal): Promise<Duplex>;
  readonly clock: Clock;
}

/** Resolves when the hook has succeeded; rejects with the reason, also when the signal aborts. */
export async function performHook(hook: HookSpec, ways: HookWays, signal: AbortSignal): Promise<void> {
  switch (hook.kind) {
    case "sleep":
      return ways.clock.sleep(hook.seconds * 1000, signal);
    case "exec":
      return execute(hook.argv, ways, signal);
    case "http":
      return ask(hook, ways, signal);
  }
}

async function execute(argv: readonly string[], { exec }: HookWays, signal: AbortSignal): Promise<void> {
  const stream = await exec({ argv, tty: false, stdin: false }, signal);
  stream.stdin.end();
  stream.stdout.resume();
  stream.stderr?.resume();
  const { code } = await stream.exit;
  if (code !== 0) throw new Error(`command ${JSON.stringify(argv)} exited with ${code}`);
}

async function ask(
  { scheme, port, path, headers }: Extract<HookSpec, { kind: "http" }>,
  { connect }: HookWays,
  signal: AbortSignal,
): Promise<void> {
  const connection = await connect(port, signal);
  const given = headers.map(({ name, value }): [string, string] => [name, value]);
  try {
    await new Promise<void>((resolve, reject) => {
      const call = request({
        // As the kubelet: it is the task itself that is asked, whatever its certificate says.
        createConnection: () =>
          scheme === "https" ? tls({ socket: connection, rejectUnauthorized: false }) : connection,
        path,
        signal,
        setDefaultHeaders: false,
        headers: [...defaultHeaders(given, port), ...given].flat(),
      });
      call.once("response", (answer) => {
        answer.resume();
        resolve();
      });
      call.once("error", reject);
      call.end();
    });
  } finally {
    connection.destroy();
  }
}

/** The kubelet's (pkg/probe/http/request.go), unless the hook has its own; `Host` is the task itself. */
function defaultHeaders(given: readonly (readonly [string, string])[], port: number): [string, string][] {
  const usual: [string, string][] = [
    ["Host", `localhost:${port}`],
    ["User-Agent", "kube-lifecycle/1"],
    ["Accept", "*/*"],
    ["Connection", "close"],
  ];
  return usual.filter(([name]) => !given.some(([own]) => own.toLowerCase() === name.toLowerCase()));
}
