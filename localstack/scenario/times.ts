import { z } from "zod";

const seconds = z.number().min(0);

/** Seconds that a task spends on its way, without what its containers take themselves. */
const durations = z.strictObject({
  register: seconds.describe("Until RegisterTaskDefinition answers; a second one of that family meanwhile is refused."),
  visible: seconds.describe("From RunTask until DescribeTasks and ListTasks know of the task: before it is MISSING."),
  provisioning: seconds.describe("PROVISIONING: the network interface."),
  pull: seconds.describe("The part of PENDING before containers start: images."),
  activating: seconds.describe("ACTIVATING, before RUNNING."),
  deactivating: seconds.describe("DEACTIVATING, before containers get SIGTERM."),
  deprovisioning: seconds.describe("DEPROVISIONING, before STOPPED."),
  memory: seconds.describe("For how long a stopped task is remembered."),
  logs: seconds.describe("From a line of output until CloudWatch Logs shows it."),
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
  logs: 0.05,
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
  logs: 3,
};

const bases = { fast, realistic } as const;

export const timesSchema = z
  .strictObject({
    base: z.enum(["fast", "realistic"]).default("fast").describe("fast: tenths of seconds; realistic: as on Fargate."),
    ...durations.partial().shape,
  })
  .prefault({})
  .describe("Seconds of the stand-in's clock.")
  .transform(({ base, ...changes }): Durations => {
    const given = Object.entries(changes).filter(([, value]) => value !== undefined);
    return { ...bases[base], ...Object.fromEntries(given) };
  });
