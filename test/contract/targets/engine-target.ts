import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLocalProvider } from "../../../providers/local/provider.ts";
import { createEngineRuntime } from "../../../providers/local/runtime/engine/engine-runtime.ts";
import type { Provider } from "../../../src/provider.ts";
import { systemClock as clock } from "../../../src/telemetry/clock.ts";
import { busyboxImage, startEngine } from "../../support/engine.ts";
import { silentLog as log } from "../../support/silent-log.ts";
import { providerContext } from "../../support/provider-context.ts";
import type { ContractTarget } from "../target.ts";
import { shellContainer, shellHeeds } from "./shell.ts";

/** The engine runtime over a podman of its own. */
export async function engineTarget(): Promise<ContractTarget> {
  const engine = await startEngine();
  const stateDir = mkdtempSync(join(tmpdir(), "burstlet-contract-"));
  const context = providerContext(clock, { log });
  const options = { ...context, host: engine.host, stateDir, ephemeralStorage: 2 ** 30 };
  const open = async (): Promise<Provider> =>
    createLocalProvider(await createEngineRuntime(options), { pods: 110 }, context);
  return {
    ...context,
    provider: await open(),
    container: (behaviour) => shellContainer(busyboxImage, behaviour),
    heeds: shellHeeds,
    pass: async (ms) => clock.sleep(ms),
    reopen: open,
    async trouble() {
      await engine.stopService();
      return async () => engine.startService();
    },
    async close() {
      await engine.close();
      rmSync(stateDir, { recursive: true, force: true });
    },
  };
}
