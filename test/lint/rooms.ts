/**
 * Who may import whom: ARCHITECTURE.md, "Rooms", as a table. Paths are relative to the root of the project.
 * `test/architecture.test.ts` plants a violation of every sentence here and sees the linter fail with it.
 */
import { posix } from "node:path";

export interface Import {
  /** The importing file, e.g. `src/pods/act/act.ts`. */
  readonly from: string;
  /** As written: `../status/phase.ts`, `node:fs`, `zod`. */
  readonly specifier: string;
  readonly typeOnly: boolean;
}

export const sentences = {
  downward:
    "Imports run downward only: main, cli, app, {node pods kubelet}, {resolve status probes …}, provider.ts, model.",
  named: "Every file of src/ lies in a room that test/lint/rooms.ts names.",
  sideways: "Rooms of one row know each other by type only.",
  model: "src/model imports nothing but types.",
  provider:
    "A provider imports src/provider.ts and nothing else of src/; what it needs is handed in as a ProviderContext.",
  neighbours:
    "A provider does not import another one; all share providers/shell and providers/hooks, and only fargate and lambda providers/aws.",
  registry: "Only src/virtual-node.ts and src/cli/ use providers/, and only through providers/index.ts.",
  localstack:
    "localstack/ imports providers/local/runtime and src/model only, so that tests do not prove our code by our code.",
  clientNode: "@kubernetes/client-node is imported as a value in src/cluster/ alone; its types may be used anywhere.",
  cloudSdk:
    "Cloud SDKs are imported under providers/, and by the tests of localstack/ and test/contract/outside, alone.",
  shipped: "What ships does not import test/ or localstack/.",
  pure: "This file decides and does no I/O: it imports no I/O module of Node and no value of src/cluster.",
  clock: "Take a Clock.",
} as const;

/** From the top down: a room imports from the rows below its own. */
const rows = [
  ["src/main.ts"],
  ["src/cli"],
  ["src/app.ts"],
  ["src/virtual-node.ts"],
  ["src/node", "src/pods", "src/kubelet"],
  ["src/resolve", "src/status", "src/probes", "src/limits", "src/cluster", "src/telemetry", "src/config"],
  ["src/provider.ts", "src/version.ts"],
  ["src/model"],
] as const;

const cloudSdk = /^@(aws-sdk|smithy|azure)\//;
const ioModule =
  /^node:(fs|fs\/promises|net|http|https|http2|tls|dgram|dns|dns\/promises|child_process|worker_threads|cluster)$/;
const timeModule = /^node:(timers|timers\/promises|perf_hooks)$/;
const pureFile =
  /^(src\/(model|status)\/|src\/pods\/(plan\/|(plan|attempts)\.ts$)|src\/resolve\/(?!resolve\.ts$)|providers\/shell\/|providers\/hooks\/(hook-spec|lifecycle)\.ts$|providers\/.*\/(translate|observe|reasons|schedule|support|sizes)\.ts$)/;
/** The machine's clock, and the mains of the two processes: burstlet's own and that of the local provider's supervisor. */
const ownsTime =
  /^(src\/(telemetry\/|main\.ts$|model\/clock\.ts$)|providers\/local\/runtime\/process\/supervisor-main\.ts$)/;

/** The sentence that this import breaks, or nothing. */
export function broken(what: Import): string | undefined {
  if (what.specifier === "@kubernetes/client-node" && !what.typeOnly && !what.from.startsWith("src/cluster/"))
    return sentences.clientNode;
  if (cloudSdk.test(what.specifier) && !ownsSdk(what.from)) return sentences.cloudSdk;
  if (isTest(what.from)) return undefined;
  if (timeModule.test(what.specifier) && !ownsTime.test(what.from)) return sentences.clock;
  if (ioModule.test(what.specifier) && pureFile.test(what.from)) return sentences.pure;
  if (!what.specifier.startsWith(".")) {
    return what.from.startsWith("src/model/") && !what.typeOnly && !what.specifier.startsWith("node:")
      ? sentences.model
      : undefined;
  }
  return brokenBetweenFiles(what.from, posix.join(posix.dirname(what.from), what.specifier), what.typeOnly);
}

/** The stand-ins are written without the SDKs, and tried with them. */
function ownsSdk(from: string): boolean {
  return /^(providers|test\/contract\/outside)\//.test(from) || (from.startsWith("localstack/") && isTest(from));
}

function brokenBetweenFiles(from: string, to: string, typeOnly: boolean): string | undefined {
  if (isTest(to) || /^(test|localstack)\//.test(to))
    return from.startsWith("localstack/") ? undefined : sentences.shipped;
  if (from.startsWith("localstack/"))
    return /^(providers\/local\/runtime|src\/model)\//.test(to) ? undefined : sentences.localstack;
  if (from.startsWith("providers/")) return brokenByProvider(from, to);
  if (to.startsWith("providers/")) {
    return to === "providers/index.ts" && /^src\/(virtual-node\.ts$|cli\/)/.test(from) ? undefined : sentences.registry;
  }
  if (pureFile.test(from) && to.startsWith("src/cluster/") && !typeOnly) return sentences.pure;
  return brokenInsideSrc(from, to, typeOnly);
}

/** Rooms of providers/ that are no provider. */
const shared: ReadonlySet<string> = new Set(["shell", "hooks"]);

function brokenByProvider(from: string, to: string): string | undefined {
  if (to.startsWith("src/")) return to === "src/provider.ts" ? undefined : sentences.provider;
  const room = from.split("/")[1];
  const other = to.split("/")[1];
  if (from === "providers/index.ts" || room === other || shared.has(other ?? "")) return undefined;
  return other === "aws" && (room === "fargate" || room === "lambda") ? undefined : sentences.neighbours;
}

function brokenInsideSrc(from: string, to: string, typeOnly: boolean): string | undefined {
  const [above, below] = [roomOf(from), roomOf(to)];
  if (above === undefined || below === undefined) return sentences.named;
  if (above.row < below.row || above.room === below.room) return undefined;
  if (above.room === "src/model") return sentences.model;
  if (above.row > below.row) return sentences.downward;
  return typeOnly ? undefined : sentences.sideways;
}

export function roomOf(path: string): { row: number; room: string } | undefined {
  for (const [row, rooms] of rows.entries()) {
    const room = rooms.find((name) => path === name || path.startsWith(`${name}/`));
    if (room !== undefined) return { row, room };
  }
  return undefined;
}

/** Tests, what they share (`testing.ts`) and the tools' own configuration: a test may import what it puts to the test. */
function isTest(path: string): boolean {
  return /^test\/|\.test\.ts$|\/testing\.ts$|^[^/]+$/.test(path);
}
