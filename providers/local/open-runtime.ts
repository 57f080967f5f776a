import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import type { ProviderContext } from "../../src/provider.ts";
import type { LocalConfig } from "./config.ts";
import { parseBytes } from "./quantity.ts";
import type { Runtime } from "./runtime/runtime.ts";

/** The runtime that the configuration asks for; only its code is loaded. */
export async function openRuntime(config: LocalConfig, context: ProviderContext): Promise<Runtime> {
  switch (config.runtime) {
    case "engine":
      return openEngine(config, context);
    case "process":
      return openProcess(config, context);
    case "scripted":
      return openScripted(config, context);
  }
}

async function openEngine(
  config: LocalConfig,
  { clock, log, clusterUid, nodeName }: ProviderContext,
): Promise<Runtime> {
  const { createEngineRuntime } = await import("./runtime/engine/engine-runtime.ts");
  const { host = process.env["DOCKER_HOST"], tls, network } = config.engine;
  const { ephemeralStorage } = config.capacity;
  return createEngineRuntime({
    host,
    tls: await readTls(tls ?? tlsOfEnvironment()),
    stateDir: stateDirOf(config, nodeName),
    clock,
    log,
    clusterUid,
    nodeName,
    network,
    ephemeralStorage: ephemeralStorage === undefined ? undefined : parseBytes(ephemeralStorage),
  });
}

async function openProcess(config: LocalConfig, { clock, log, nodeName }: ProviderContext): Promise<Runtime> {
  const { createProcessRuntime } = await import("./runtime/process/process-runtime.ts");
  return createProcessRuntime({ stateDir: stateDirOf(config, nodeName), clock, log, ...config.process });
}

async function openScripted(config: LocalConfig, { clock }: ProviderContext): Promise<Runtime> {
  const [{ createScriptedCloud }, { createScriptedRuntime }, { changedScript, defaultScript }] = await Promise.all([
    import("./runtime/scripted/cloud.ts"),
    import("./runtime/scripted/runtime.ts"),
    import("./runtime/scripted/timetable.ts"),
  ]);
  const { subnet, defaults, images } = config.scripted;
  const timetable = { defaults: changedScript(defaultScript, defaults), images };
  return createScriptedRuntime({ cloud: createScriptedCloud({ clock, timetable, subnet }) });
}

/** The same two variables as docker's own command line. */
function tlsOfEnvironment(): LocalConfig["engine"]["tls"] {
  const { DOCKER_TLS_VERIFY: verify, DOCKER_CERT_PATH: folder } = process.env;
  if (!verify || !folder) return undefined;
  return { ca: join(folder, "ca.pem"), cert: join(folder, "cert.pem"), key: join(folder, "key.pem") };
}

async function readTls(
  files: LocalConfig["engine"]["tls"],
): Promise<{ ca: string; cert: string; key: string } | undefined> {
  if (files === undefined) return undefined;
  const [ca, cert, key] = await Promise.all([files.ca, files.cert, files.key].map((file) => readFile(file, "utf8")));
  return ca === undefined || cert === undefined || key === undefined ? undefined : { ca, cert, key };
}

function stateDirOf({ stateDir }: LocalConfig, nodeName: string): string {
  if (stateDir !== undefined) return stateDir;
  const below =
    process.env["XDG_STATE_HOME"] || (process.getuid?.() === 0 ? "/var/lib" : join(homedir(), ".local/state"));
  return join(below, "burstlet", nodeName);
}
