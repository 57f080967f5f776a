import type { ECSClient } from "@aws-sdk/client-ecs";
import { SSMClient, type SSMClientConfig } from "@aws-sdk/client-ssm";
import type { Provider, ProviderContext } from "../../../src/provider.ts";
import type { EcsClient } from "../client.ts";
import type { FargateConfig } from "../config.ts";
import type { EcsBuckets } from "../quotas/buckets.ts";
import type { Tasks } from "../tasks/known-tasks.ts";
import { createExecClient } from "./client.ts";
import { createExec } from "./exec.ts";
import { createSessionForward, createStraightForward } from "./forward.ts";

export interface CapabilityParts {
  readonly config: FargateConfig;
  readonly context: ProviderContext;
  readonly sdk: ECSClient;
  readonly connection: SSMClientConfig;
  readonly ecs: EcsClient;
  readonly buckets: EcsBuckets;
  readonly tasks: Tasks;
}

/** Calls of Session Manager are throttled too; no source says at what rate. A throttle answer slows them down. */
const sessionCalls = { burst: 20, rate: 10 };

const stats = "set fargate.stats in its configuration, and make the pods anew";
const execOff = "set fargate.exec in its configuration, give the pods a task role, and make them anew";

/** What this configuration lets people do in a task, and why the rest is absent. */
export function streamsOf(parts: CapabilityParts): Pick<Provider, "exec" | "forward" | "absent"> {
  const { config, context, sdk, ecs, buckets, tasks } = parts;
  const routed = context.network === "routed" ? { forward: createStraightForward(tasks) } : {};
  const attach =
    "ECS has no way to a container's own streams: kubectl logs -f shows its output, kubectl exec runs another program";
  if (!config.exec) {
    const absent = {
      stats,
      exec: execOff,
      attach,
      forward: `${execOff}, or set network: routed where there is a route`,
    };
    return { ...routed, absent };
  }
  const { clock, log, limiter } = context;
  const ssm = new SSMClient(parts.connection);
  const sessions = limiter(sessionCalls);
  const client = createExecClient({ ecs: sdk, ssm, cluster: config.cluster, buckets, sessions });
  const options = { client, ecs, tasks, cluster: config.cluster, clock };
  return {
    exec: createExec({ ...options, log }),
    forward: createSessionForward(options),
    ...routed,
    absent: { stats, attach },
  };
}
