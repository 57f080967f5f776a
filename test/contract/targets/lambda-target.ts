import { join } from "node:path";
import { createPacedClock } from "../../../localstack/clock.ts";
import { startLocalstack } from "../../../localstack/localstack.ts";
import { create } from "../../../providers/lambda/provider.ts";
import { type Mode, podAnnotations } from "../../../providers/lambda/request.ts";
import type { Provider } from "../../../src/provider.ts";
import { systemClock as clock } from "../../../src/telemetry/clock.ts";
import { withCredentials } from "../../fargate/testing.ts";
import { providerContext } from "../../support/provider-context.ts";
import type { ContractTarget } from "../target.ts";
import { shellContainer, shellHeeds } from "./shell.ts";

const code = join(import.meta.dirname, "../../../deploy/lambda/node");

/** The Lambda provider over the stand-in for AWS, whose functions are the handler of deploy/lambda in processes of this host. */
export async function lambdaTarget(mode: Mode): Promise<ContractTarget> {
  withCredentials();
  const shell = { runtime: "nodejs24.x", code, timeout: 900, memory: 512, versions: { "1": {} } };
  // A failed event is over: Lambda would run it again a minute later.
  const functions = {
    sync: shell,
    event: { ...shell, retries: 0 },
    durable: { ...shell, durable: { executionTimeout: 900 } },
  };
  const cloud = await startLocalstack({ clock, port: 0, scenario: { functions } });
  // Lambda is asked eight times as often, within its limits: most of the time of these tests is waiting for news.
  const often = { ...createPacedClock(clock, 8), now: () => clock.now() };
  const context = providerContext(clock, { clock: often, grants: [{ namespace: "ns", allow: ["*"] }] });
  const config = { region: "us-east-1", endpoint: cloud.url, durableFunctions: ["durable"], eventFunctions: ["event"] };
  const open = async (): Promise<Provider> => create(config, context);
  return {
    clusterUid: context.clusterUid,
    nodeName: context.nodeName,
    provider: await open(),
    restartPolicy: "OnFailure",
    annotations: { [podAnnotations.mode]: mode },
    container: (behaviour) => shellContainer(`lambda://${mode}:1`, behaviour),
    heeds: shellHeeds,
    pass: async (ms) => clock.sleep(ms),
    reopen: open,
    async trouble() {
      const { faults } = cloud;
      faults.set({ name: "trouble", call: "*", cut: "before" });
      return async () => Promise.resolve(faults.clear("trouble"));
    },
    close: cloud.close,
  };
}
