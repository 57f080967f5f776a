import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import type { FunctionVersion } from "../functions.ts";

/** How a process of an environment is started. */
export interface Command {
  readonly program: string;
  readonly words: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}

export interface Around {
  readonly version: FunctionVersion;
  readonly stream: string;
  readonly region: string;
  /** Of the Runtime API. */
  readonly api: string;
  /** Of the stand-in, for a function that calls AWS itself. */
  readonly endpoint: string;
  /** Gets a /tmp and a read-only root of its own. */
  readonly isolated: boolean;
}

const bootstrap = join(import.meta.dirname, "bootstrap");

/** Where an isolated environment finds its code, this folder's runtimes and Node: /tmp, where they may lie, is its own. */
const inside = { code: "/mnt/task", runtime: "/mnt/runtime", node: "/mnt/node" } as const;

/** In a mount namespace of its own: a tmpfs on /mnt with what is needed, and one as large as the function says on /tmp; it ends with the stand-in. */
const isolate = `set -e
mount -t tmpfs tmpfs /mnt
mkdir ${inside.code} ${inside.runtime}
touch ${inside.node}
mount --bind "$1" ${inside.code}
mount --bind "$2" ${inside.runtime}
mount --bind "$3" ${inside.node}
mount -t tmpfs -o "size=$4m,mode=1777" tmpfs /tmp
mount -o remount,bind,ro / 2>/dev/null || true
cd ${inside.code}
shift 4
exec setpriv --pdeathsig KILL "$@"`;

export function commandOf(around: Around): Command {
  const { version, isolated } = around;
  const code = resolve(version.code ?? ".");
  const places = isolated ? inside : { code, runtime: bootstrap, node: process.execPath };
  const own = programOf(version.runtime, places);
  const env = variablesOf(around, places);
  if (!isolated) return { program: own[0] ?? "", words: own.slice(1), cwd: code, env };
  const outside = [code, bootstrap, process.execPath, String(version.ephemeralStorage)];
  const shell = ["sh", "-c", isolate, "sh", ...outside, ...own];
  return { program: "unshare", words: ["--mount", "--propagation", "private", ...shell], cwd: "/", env };
}

type Places = Readonly<Record<keyof typeof inside, string>>;

function programOf(runtime: string, { code, runtime: folder, node }: Places): readonly string[] {
  if (runtime.startsWith("nodejs")) return [node, `${folder}/node.mjs`];
  if (runtime.startsWith("python")) return [python(), `${folder}/python.py`];
  return [`${code}/bootstrap`];
}

/** As AWS sets them; the path of this host, since its programs are used. */
function variablesOf({ version, stream, region, api, endpoint }: Around, { code, runtime }: Places) {
  return {
    PATH: process.env["PATH"] ?? "/usr/local/bin:/usr/bin:/bin",
    LANG: "en_US.UTF-8",
    TZ: ":UTC",
    HOME: "/tmp",
    PYTHONDONTWRITEBYTECODE: "1",
    PYTHONUNBUFFERED: "1",
    ...version.environment,
    _HANDLER: version.handler,
    LAMBDA_TASK_ROOT: code,
    LAMBDA_RUNTIME_DIR: runtime,
    AWS_LAMBDA_RUNTIME_API: api,
    AWS_LAMBDA_FUNCTION_NAME: version.name,
    AWS_LAMBDA_FUNCTION_VERSION: version.version,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(version.memory),
    AWS_LAMBDA_LOG_GROUP_NAME: version.logGroup,
    AWS_LAMBDA_LOG_STREAM_NAME: stream,
    AWS_LAMBDA_INITIALIZATION_TYPE: "on-demand",
    AWS_EXECUTION_ENV: `AWS_Lambda_${version.runtime}`,
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_ACCESS_KEY_ID: "ASIAFUNCTION",
    AWS_SECRET_ACCESS_KEY: "function",
    AWS_SESSION_TOKEN: "function",
    AWS_ENDPOINT_URL: endpoint,
  };
}

let pythonPath: string | undefined;

/** The interpreter itself: what is called python3 may be a script that looks for it, and takes its time each time. */
function python(): string {
  pythonPath ??= spawnSync("python3", ["-c", "import sys; print(sys.executable)"], { encoding: "utf8" }).stdout?.trim();
  return pythonPath === undefined || pythonPath === "" ? "python3" : pythonPath;
}

let isolates: boolean | undefined;

/** Whether this machine lets us give each environment a /tmp of its own. */
export function canIsolate(): boolean {
  isolates ??=
    existsSync("/mnt") &&
    spawnSync("unshare", ["--mount", "--propagation", "private", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]).status ===
      0 &&
    spawnSync("setpriv", ["--pdeathsig", "KILL", "true"]).status === 0;
  return isolates;
}
