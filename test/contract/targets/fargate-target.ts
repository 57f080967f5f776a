import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createPacedClock } from "../../../localstack/clock.ts";
import { startLocalstack } from "../../../localstack/localstack.ts";
import type { ScenarioInput } from "../../../localstack/scenario/schema.ts";
import { create } from "../../../providers/fargate/provider.ts";
import { createProcessRuntime, shutdownSupervisor } from "../../../providers/local/runtime/process/process-runtime.ts";
import { ownNetwork } from "../../../providers/local/runtime/process/testing.ts";
import type { Provider } from "../../../src/provider.ts";
import { systemClock as clock } from "../../../src/telemetry/clock.ts";
import { providerContext } from "../../support/provider-context.ts";
import { set, withCredentials } from "../../fargate/testing.ts";
import { silentLog as log } from "../../support/silent-log.ts";
import type { ContractTarget } from "../target.ts";
import { shellContainer, shellHeeds } from "./shell.ts";

/** The Fargate provider over the stand-in for AWS, whose tasks are processes of this host. */
export async function fargateTarget(scenario: ScenarioInput = {}): Promise<ContractTarget> {
  withCredentials();
  const stateDir = mkdtempSync(join(tmpdir(), "burstlet-contract-"));
  const network = ownNetwork();
  const cloud = await startLocalstack({
    clock,
    port: 0,
    scenario,
    metadataHost: network.subnet.replace("0/24", "1"),
    runtime: () => createProcessRuntime({ stateDir, clock, log, ...network }),
  });
  // ECS is asked eight times as often, within its limits: most of the time of these tests is waiting for news.
  const often = { ...createPacedClock(clock, 8), now: () => clock.now() };
  const context = providerContext(clock, { log, clock: often, network: "routed" });
  const config = { ...set, endpoint: cloud.url, exec: true, stats: { intervalSeconds: 10 } };
  const open = async (): Promise<Provider> => create(config, context);
  return {
    clusterUid: context.clusterUid,
    nodeName: context.nodeName,
    provider: await open(),
    container: (behaviour) => shellContainer("busybox:1", behaviour),
    heeds: shellHeeds,
    pass: async (ms) => clock.sleep(ms),
    reopen: open,
    async trouble() {
      const { faults } = cloud;
      faults.set({ name: "trouble", call: "*", cut: "before" });
      return async () => Promise.resolve(faults.clear("trouble"));
    },
    async close() {
      await cloud.close();
      await shutdownSupervisor(stateDir, clock);
      rmSync(stateDir, { recursive: true, force: true });
    },
  };
}
