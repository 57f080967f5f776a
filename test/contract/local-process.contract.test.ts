import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLocalProvider } from "../../providers/local/provider.ts";
import { createProcessRuntime, shutdownSupervisor } from "../../providers/local/runtime/process/process-runtime.ts";
import type { Provider } from "../../src/provider.ts";
import { systemClock as clock } from "../../src/telemetry/clock.ts";
import { describeWith } from "../support/requirements.ts";
import { silentLog as log } from "../support/silent-log.ts";
import { type ContractTarget, providerContract } from "./contract.ts";
import { shellContainer } from "./shell.ts";

async function processTarget(): Promise<ContractTarget> {
  const stateDir = mkdtempSync(join(tmpdir(), "burstlet-contract-"));
  const context = { clusterUid: "cluster-1", nodeName: "virtual-1", clock, log };
  const options = { stateDir, clock, log, bridge: "burstlet-ct", subnet: "10.216.0.0/16" };
  const open = async (): Promise<Provider> =>
    createLocalProvider(await createProcessRuntime(options), { pods: 110 }, context);
  return {
    ...context,
    provider: await open(),
    container: (behaviour) => shellContainer("busybox:1", behaviour),
    pass: async (ms) => clock.sleep(ms),
    reopen: open,
    async close() {
      await shutdownSupervisor(stateDir, clock);
      rmSync(stateDir, { recursive: true, force: true });
    },
  };
}

describeWith(["root", "namespaces", "busybox"], "the process runtime", () => {
  providerContract("local on the process runtime", processTarget, [
    {
      reason: "the kernel always tells the supervisor an exit code; one is lost only with the supervisor itself",
      tests: ["an exit code that nobody knows is undefined, never 0"],
    },
    {
      reason: "the cloud is a supervisor on the same host, which is started again as soon as it is missed",
      tests: ["trouble of the cloud reaches the feed, ends there, and what happened meanwhile is told"],
    },
  ]);
});
