/**
 * A stand-in for AWS and Azure over real HTTP: every service on one port, as an SDK with `AWS_ENDPOINT_URL`, or Azure's
 * with an endpoint, finds them. Its parts
 * are composed here; what each does is in its folder.
 */
import { randomBytes } from "node:crypto";
import type { Runtime } from "../providers/local/runtime/runtime.ts";
import type { Clock } from "../src/model/clock.ts";
import { ec2Service } from "./account/ec2.ts";
import { iamService } from "./account/iam.ts";
import { stsService } from "./account/sts.ts";
import { createArm } from "./arm/arm.ts";
import { metricsDoor, metricsPath } from "./arm/metrics/door.ts";
import { createCallCounts } from "./calls.ts";
import { createPacedClock, type PacedClock } from "./clock.ts";
import { type Controls, createControls } from "./controls.ts";
import type { EcsAccount } from "./ecs/account.ts";
import { createClusters } from "./ecs/clusters.ts";
import { createDefinitions } from "./ecs/definitions.ts";
import { metadataDoor, metadataPath } from "./ecs/metadata/door.ts";
import { createTaskEvents } from "./events/task-events.ts";
import { createFolders } from "./ecs/storage/folders.ts";
import { ecsService } from "./ecs/service.ts";
import { createTasks } from "./ecs/tasks.ts";
import { createTokens } from "./ecs/tokens.ts";
import { createFaults } from "./faults.ts";
import { follow, sampling } from "./follow.ts";
import { createLambda, type Lambda } from "./lambda/service.ts";
import { createLedger } from "./ledger.ts";
import { createBuckets } from "./limits/buckets.ts";
import { logsService } from "./logs/service.ts";
import { createLogStore } from "./logs/store.ts";
import { quotasService } from "./quotas/service.ts";
import { createScenarioBox, type ScenarioBox } from "./scenario/box.ts";
import { scriptedRuntime } from "./scripted.ts";
import { linkDoor, s3Service } from "./s3/service.ts";
import { createObjectStore } from "./s3/store.ts";
import { secretsService } from "./secrets/service.ts";
import { createSecretStore } from "./secrets/store.ts";
import { type SqsAccount, sqsService } from "./sqs/service.ts";
import { createQueueStore } from "./sqs/store.ts";
import { dataChannels, type SsmAccount, ssmService } from "./ssm/service.ts";
import { createParameterStore } from "./ssm/parameters/store.ts";
import { createSessions } from "./ssm/sessions.ts";
import { adminDoor } from "./server/admin.ts";
import { createGate, type Gate } from "./server/gate.ts";
import { type Listening, listen } from "./server/server.ts";
import type { Service } from "./server/service.ts";

export interface LocalstackOptions {
  /** The machine's clock, or a test's own; the stand-in's goes over it at the scenario's rate. */
  readonly clock: Clock;
  /** Default 4566, LocalStack's; 0: any that is free. */
  readonly port?: number | undefined;
  /** Address to listen on, default 127.0.0.1. */
  readonly host?: string | undefined;
  /** Address of this machine as tasks see it, for the metadata endpoint; default `host`. */
  readonly metadataHost?: string | ((runtime: Runtime) => Promise<string | undefined>) | undefined;
  /** What a scenario file says; checked here. Throws ScenarioError. */
  readonly scenario?: unknown;
  /** Makes what runs the tasks; default the scripted runtime. It is closed with the stand-in. */
  readonly runtime?:
    | ((parts: { readonly clock: PacedClock; readonly scenario: ScenarioBox }) => Runtime | Promise<Runtime>)
    | undefined;
}

export interface Localstack extends Controls {
  /** For `AWS_ENDPOINT_URL`. */
  readonly url: string;
  /** As tasks reach it: the metadata endpoint, and links to objects of S3. */
  readonly insideUrl: string;
  readonly lambda: Lambda;
  /** Ends every task at once, then everything else. */
  close(): Promise<void>;
}

const newId = (): string => randomBytes(16).toString("hex");

export async function startLocalstack(options: LocalstackOptions): Promise<Localstack> {
  const scenario = createScenarioBox(options.scenario);
  const clock = createPacedClock(options.clock, scenario.now.rate);
  const runtime = await (options.runtime ?? scriptedRuntime)({ clock, scenario });
  try {
    // A runtime that cannot be reached is told now, and not by the first task.
    await runtime.facts();
    return await serve(options, { scenario, clock, runtime });
  } catch (error) {
    await runtime.close();
    throw error;
  }
}

interface Ground {
  readonly scenario: ScenarioBox;
  readonly clock: PacedClock;
  readonly runtime: Runtime;
}

/** What all services share. */
function frameOf({ scenario, clock }: Ground) {
  const logs = createLogStore(clock, () => scenario.now.times.logs);
  for (const group of scenario.now.logGroups) logs.createGroup(group);
  const calls = createCallCounts();
  const faults = createFaults(clock);
  for (const fault of scenario.now.faults) faults.set(fault);
  const buckets = createBuckets(clock, scenario);
  const gate = createGate({ scenario, faults, buckets, calls });
  const secrets = createSecretStore(clock, scenario, newId);
  const parameters = createParameterStore(clock, scenario);
  const objects = createObjectStore(clock, scenario);
  const queues = createQueueStore(clock, scenario, newId);
  return { logs, ledger: createLedger(), calls, faults, buckets, gate, secrets, parameters, objects, queues };
}

/** Those that are found by the name that a request is signed for. */
function servicesOf(account: EcsAccount & SsmAccount & SqsAccount, gate: Gate): readonly Service[] {
  const { scenario } = account;
  return [
    ecsService(account, gate),
    logsService(account, gate),
    ssmService(account, gate),
    quotasService(scenario, gate),
    secretsService(account, gate, newId),
    sqsService(account, gate),
    stsService(scenario, gate, newId),
    ec2Service(scenario, gate, newId),
    iamService(scenario, gate, newId),
  ];
}

async function serve(options: LocalstackOptions, ground: Ground): Promise<Localstack> {
  const { scenario, clock, runtime } = ground;
  const { logs, ledger, calls, faults, buckets, gate, secrets, parameters, objects, queues } = frameOf(ground);
  const metadata = (): string => `${inside.url}${metadataPath}`;
  const folders = createFolders(scenario);
  const events = createTaskEvents({ clock, scenario, queues, newId });
  const stores = { secrets, parameters };
  const around = { clock, scenario, runtime, logs, ledger, metadata, ...stores, buckets, folders, queues, events };
  const tasks = createTasks(around, newId);
  const base = (): string => server.url.replace(/^http/, "ws");
  const sessions = createSessions({ clock, scenario, runtime, newId, base });
  const account = {
    ...around,
    sessions,
    tasks,
    clusters: createClusters(scenario),
    definitions: createDefinitions(clock, scenario),
    tokens: createTokens(clock),
  };
  const hasAddresses = runtime.kind !== "scripted" && (await runtime.facts()).taskAddresses;
  const metrics = (): string | undefined => (hasAddresses ? `${inside.url}${metricsPath}` : undefined);
  const sample = sampling(runtime, clock);
  const arm = createArm({ ...around, metrics, faults, calls, sample, newId });
  const s3 = s3Service(objects, clock, gate);
  const lambda = createLambda({ clock, machine: options.clock, scenario, logs, ledger, newId }, gate, () => server.url);
  const controls = createControls({ ...around, objects, faults, calls, tasks, groups: arm.controls });
  const services = [...servicesOf(account, gate), lambda.service, s3];
  const paths = [arm.service, dataChannels(sessions)];
  const { host = "127.0.0.1", port = 4566, metadataHost: wish } = options;
  const metadataHost = (typeof wish === "function" ? await wish(runtime) : wish) ?? host;
  const forTasks = [metadataDoor({ tasks, sample, runtime, clock }), metricsDoor({ sample, clock }), linkDoor(s3)];
  const doors = [adminDoor(controls), ...forTasks];
  const server = await listen({ host, port, services, paths, doors, requestId: newId });
  const inside: Listening =
    metadataHost === host
      ? server
      : await listen({ host: metadataHost, port, services: [], paths: [], doors: forTasks, requestId: newId });
  const over = new AbortController();
  const following = follow(runtime, (of) => tasks.find(of.podUid) ?? arm.living(of), over.signal);
  return {
    ...controls,
    lambda,
    url: server.url,
    insideUrl: inside.url,
    async close() {
      sessions.close();
      await server.close();
      await Promise.all([tasks.close(), arm.close(), lambda.close()]);
      over.abort();
      await following;
      if (inside !== server) await inside.close();
      await runtime.close();
      folders.close();
    },
  };
}
