import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLocalProvider } from "../../../providers/local/provider.ts";
import { createProcessRuntime, shutdownSupervisor } from "../../../providers/local/runtime/process/process-runtime.ts";
import { ownNetwork } from "../../../providers/local/runtime/process/testing.ts";
import type { Provider } from "../../../src/provider.ts";
import { systemClock as clock } from "../../../src/telemetry/clock.ts";
import { silentLog as log } from "../../support/silent-log.ts";
import { shellContainer, shellHeeds } from "./shell.ts";
import { providerContext } from "../../support/provider-context.ts";
import type { ContractTarget } from "../target.ts";

/** The process runtime on this host, with a supervisor and a bridge of its own. */
export async function processTarget(): Promise<ContractTarget> {
  const stateDir = mkdtempSync(join(tmpdir(), "burstlet-contract-"));
  const context = providerContext(clock, { log });
  const options = { stateDir, clock, log, ...ownNetwork() };
  const open = async (): Promise<Provider> =>
    createLocalProvider(await createProcessRuntime(options), { pods: 110 }, context);
  return {
    ...context,
    provider: await open(),
    container: (behaviour) => shellContainer("busybox:1", behaviour),
    heeds: shellHeeds,
    pass: async (ms) => clock.sleep(ms),
    reopen: open,
    async close() {
      await shutdownSupervisor(stateDir, clock);
      rmSync(stateDir, { recursive: true, force: true });
    },
  };
}
