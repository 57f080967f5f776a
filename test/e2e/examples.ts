/** What each of deploy/examples/local, fargate, aci and multi-cloud comes to. `npm run demo` and e2e tests hold them to it. Pure. */
import type { V1Deployment, V1EndpointSlice, V1Job } from "@kubernetes/client-node";
import type { Pod, Wire } from "../../src/model/kube.ts";

/** The objects of the namespace that the examples are in. */
export interface Objects {
  readonly pods: readonly Pod[];
  readonly jobs: readonly Wire<V1Job>[];
  readonly deployments: readonly Wire<V1Deployment>[];
  readonly endpointSlices: readonly Wire<V1EndpointSlice>[];
}

export interface Example {
  /** In the folder of its provider. */
  readonly file: string;
  /** Pods with volumes or with addresses of their own: the process runtime has them as root alone. */
  readonly needs?: "root";
  /** The expected state, for people. */
  readonly expected: string;
  /** Is it reached? An example whose containers end ends with these exit codes and no others. */
  reached(objects: Objects): boolean;
}

const web: Example = {
  file: "deployment.yaml",
  needs: "root",
  expected: "3 replicas ready, 3 addresses in the Service",
  reached: ({ pods, deployments, endpointSlices }) =>
    deployments.some(({ metadata, status }) => metadata?.name === "web" && status?.readyReplicas === 3) &&
    sameSet(readyAddresses(endpointSlices, "web"), addressesOf(pods, "web")) &&
    addressesOf(pods, "web").size === 3,
};

const config: Example = {
  file: "config.yaml",
  needs: "root",
  expected: "pod configured Succeeded with its configuration",
  reached: ({ pods }) => succeeded(pods, "configured", { main: 0 }),
};

export const examples: readonly Example[] = [
  {
    file: "pod.yaml",
    expected: "pod hello Succeeded",
    reached: ({ pods }) => succeeded(pods, "hello", { main: 0 }),
  },
  {
    file: "init.yaml",
    needs: "root",
    expected: "pod steps Succeeded after 2 init containers",
    reached: ({ pods }) => succeeded(pods, "steps", { fetch: 0, unpack: 0, main: 0 }),
  },
  config,
  web,
  {
    file: "job.yaml",
    expected: "Job pieces Complete: 5 of 5 pods Succeeded",
    reached: ({ pods, jobs }) =>
      jobs.some((job) => job.metadata?.name === "pieces" && isTrue(job, "Complete") && job.status?.succeeded === 5) &&
      exitCodes(pods, "pieces").join() === "0,0,0,0,0",
  },
  {
    file: "failing-job.yaml",
    expected: "Job fails Failed: 3 pods, each with exit code 3",
    reached: ({ pods, jobs }) =>
      jobs.some((job) => job.metadata?.name === "fails" && isTrue(job, "Failed") && job.status?.failed === 3) &&
      exitCodes(pods, "fails").join() === "3,3,3",
  },
  {
    file: "cronjob.yaml",
    expected: "CronJob tick: a Job Complete at the full minute",
    reached: (objects) => hasTicked(objects),
  },
];

export const fargateExamples = cloudExamples("2 mains, 1 init, 1 sidecar");
export const aciExamples = cloudExamples("2 mains, 1 init");

export const lambdaExamples: readonly Example[] = [
  {
    file: "job.yaml",
    expected: "Job squares Complete: 200 of 200 pods Succeeded",
    reached: ({ jobs }) =>
      jobs.some((job) => job.metadata?.name === "squares" && isTrue(job, "Complete") && job.status?.succeeded === 200),
  },
  {
    file: "durable-job.yaml",
    expected: "Job crawl Complete: 10 of 10 durable executions Succeeded",
    reached: ({ jobs }) =>
      jobs.some((job) => job.metadata?.name === "crawl" && isTrue(job, "Complete") && job.status?.succeeded === 10),
  },
  {
    file: "event-job.yaml",
    expected: "Job notify Complete: 20 of 20 events Succeeded",
    reached: ({ jobs }) =>
      jobs.some((job) => job.metadata?.name === "notify" && isTrue(job, "Complete") && job.status?.succeeded === 20),
  },
  {
    file: "cronjob.yaml",
    expected: "CronJob report: a Job Complete at the full five minutes",
    reached: (objects) => hasTicked(objects, "report"),
  },
];

/** Over three nodes. */
export const multiCloudExamples: readonly Example[] = [
  {
    file: "deployment.yaml",
    needs: "root",
    expected: "6 replicas ready, 2 on each node, 6 addresses in the Service",
    reached: ({ pods, deployments, endpointSlices }) => {
      const own = pods.filter(({ metadata }) => metadata?.labels?.["app"] === "everywhere");
      const byNode = Object.values(Object.groupBy(own, ({ spec }) => spec?.nodeName ?? ""));
      return (
        deployments.some(({ metadata, status }) => metadata?.name === "everywhere" && status?.readyReplicas === 6) &&
        byNode.map((all) => all?.length).join() === "2,2,2" &&
        readyAddresses(endpointSlices, "everywhere").size === 6
      );
    },
  },
];

/** The same ones in the folder of each cloud. `together`: the containers of the pod of several. */
function cloudExamples(together: string): readonly Example[] {
  return [
    web,
    config,
    {
      file: "job.yaml",
      expected: "Job work Complete: 6 of 6 pieces Succeeded",
      reached: ({ pods, jobs }) =>
        jobs.some((job) => job.metadata?.name === "work" && isTrue(job, "Complete") && job.status?.succeeded === 6) &&
        exitCodes(pods, "work").join() === "0,0,0,0,0,0",
    },
    {
      file: "multi-container.yaml",
      needs: "root",
      expected: `pod together Succeeded: ${together}`,
      reached: ({ pods }) => pods.some((pod) => pod.metadata?.name === "together" && pod.status?.phase === "Succeeded"),
    },
    {
      file: "cronjob.yaml",
      expected: "CronJob tick: a Job Complete at the full five minutes",
      reached: (objects) => hasTicked(objects),
    },
  ];
}

function hasTicked({ jobs }: Objects, cronJob = "tick"): boolean {
  const isTick = (owner: { kind: string; name: string }): boolean => owner.kind === "CronJob" && owner.name === cronJob;
  return jobs.some((job) => job.metadata?.ownerReferences?.some(isTick) === true && isTrue(job, "Complete"));
}

function isTrue(job: Wire<V1Job>, type: string): boolean {
  return job.status?.conditions?.some((one) => one.type === type && one.status === "True") === true;
}

function succeeded(pods: readonly Pod[], name: string, codes: Readonly<Record<string, number>>): boolean {
  const pod = pods.find(({ metadata }) => metadata?.name === name);
  const statuses = [...(pod?.status?.initContainerStatuses ?? []), ...(pod?.status?.containerStatuses ?? [])];
  const seen = Object.fromEntries(statuses.map((status) => [status.name, status.state?.terminated?.exitCode]));
  const names = [...new Set([...Object.keys(codes), ...Object.keys(seen)])];
  return pod?.status?.phase === "Succeeded" && names.every((container) => seen[container] === codes[container]);
}

/** Of every pod of a Job, the exit code of its one container; -1 where it has none yet. */
function exitCodes(pods: readonly Pod[], job: string): number[] {
  return pods
    .filter(({ metadata }) => metadata?.labels?.["batch.kubernetes.io/job-name"] === job)
    .map(({ status }) => status?.containerStatuses?.[0]?.state?.terminated?.exitCode ?? -1);
}

function addressesOf(pods: readonly Pod[], app: string): Set<string> {
  const own = pods.filter(({ metadata }) => metadata?.labels?.["app"] === app);
  return new Set(own.flatMap(({ status }) => (status?.podIP === undefined ? [] : [status.podIP])));
}

function readyAddresses(slices: readonly Wire<V1EndpointSlice>[], service: string): Set<string> {
  const own = slices.filter(({ metadata }) => metadata?.labels?.["kubernetes.io/service-name"] === service);
  const ready = own.flatMap(({ endpoints }) => endpoints ?? []).filter(({ conditions }) => conditions?.ready === true);
  return new Set(ready.flatMap(({ addresses }) => addresses));
}

function sameSet(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return a.size === b.size && [...a].every((entry) => b.has(entry));
}
