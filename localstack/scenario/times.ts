import { z } from "zod";

const seconds = z.number().min(0);

/** Seconds that the cloud takes for its own part, without what containers and functions take themselves. */
const durations = z.strictObject({
  register: seconds.describe("Until RegisterTaskDefinition answers; a second one of that family meanwhile is refused."),
  visible: seconds.describe("From RunTask until DescribeTasks and ListTasks know of the task: before it is MISSING."),
  provisioning: seconds.describe("PROVISIONING: the network interface."),
  pull: seconds.describe("The part of PENDING before containers start: images."),
  activating: seconds.describe("ACTIVATING, before RUNNING."),
  deactivating: seconds.describe("DEACTIVATING, before containers get SIGTERM."),
  deprovisioning: seconds.describe("DEPROVISIONING, before STOPPED."),
  memory: seconds.describe("For how long a stopped task is remembered."),
  forget: seconds.describe("After the removal of a secret, until its name can be used again."),
  logs: seconds.describe("From a line of output until CloudWatch Logs shows it."),
  event: seconds.describe("From a change of a task until its event is in a queue."),
  idle: seconds.describe("For how long an execution environment of a function waits for its next invocation."),
  waking: seconds.describe("From the first invocation of an Inactive function until it is Active."),
  again: seconds.describe("Until a failed event of a function is run again; the second time twice as long."),
});

type Durations = z.output<typeof durations>;

const fast: Durations = {
  register: 0.01,
  visible: 0,
  provisioning: 0.05,
  pull: 0.05,
  activating: 0.05,
  deactivating: 0.02,
  deprovisioning: 0.05,
  memory: 3600,
  forget: 0,
  logs: 0.05,
  event: 0.02,
  idle: 600,
  waking: 0.2,
  again: 0.2,
};

/** About what people report of Fargate: half a minute to RUNNING for a small image. */
const realistic: Durations = {
  register: 0.3,
  visible: 1,
  provisioning: 10,
  pull: 12,
  activating: 3,
  deactivating: 1,
  deprovisioning: 12,
  memory: 3600,
  forget: 5,
  logs: 3,
  event: 1,
  idle: 600,
  waking: 20,
  again: 60,
};

const base = z.enum(["fast", "realistic"]).default("fast");

export const timesSchema = z
  .strictObject({
    base: base.describe("fast: tenths of seconds; realistic: as people report of it."),
    ...durations.partial().shape,
  })
  .prefault({})
  .describe("Seconds of the stand-in's clock.")
  .transform(({ base: named, ...changes }) => changed({ fast, realistic }[named], changes));

/** Seconds that a container group of Azure spends on its way. */
const groupDurations = z.strictObject({
  pending: seconds.describe("From the PUT until the group is placed: provisioningState Pending."),
  pull: seconds.describe("Until its containers start: images, Creating."),
  deleting: seconds.describe("From the end of its containers until a deleted group is gone."),
  crash: seconds.describe("Until a container that has ended runs again; doubles with each end, up to 300."),
  retry: seconds.describe("Between two tries of a group whose provisioning has failed."),
  timeout: seconds.describe("Until a group that does not come up is Failed; it is tried on all the same."),
  repair: seconds.describe("For how long a group that moves to another machine is Repairing."),
  metrics: seconds.describe("From the end of a minute until Azure Monitor tells what was used in it."),
});

type GroupDurations = z.output<typeof groupDurations>;

const fastGroup: GroupDurations = {
  pending: 0.05,
  pull: 0.05,
  deleting: 0.05,
  crash: 0.1,
  retry: 0.5,
  timeout: 1800,
  repair: 0.05,
  metrics: 0,
};

/** Recordings of Azure have 9 and 19 s from the PUT to the start of a small public image, and 1,800 s as the timeout. */
const realisticGroup: GroupDurations = {
  pending: 4,
  pull: 8,
  deleting: 8,
  crash: 10,
  retry: 60,
  timeout: 1800,
  repair: 60,
  metrics: 120,
};

export const groupTimesSchema = z
  .strictObject({
    base: base.describe("fast: tenths of seconds; realistic: as recorded of Azure."),
    ...groupDurations.partial().shape,
  })
  .prefault({})
  .describe("Seconds of the stand-in's clock, of container groups.")
  .transform(({ base: named, ...changes }) => changed({ fast: fastGroup, realistic: realisticGroup }[named], changes));

/** With every change that says something. */
function changed<T extends object>(from: T, changes: { readonly [K in keyof T]?: T[K] | undefined }): T {
  return { ...from, ...Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined)) };
}
