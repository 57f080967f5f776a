import { z } from "zod";
import { bytesPattern } from "./quantity.ts";

const hostProcesses =
  "runtime: process gives everybody who may create pods on this node processes on this host, as burstlet's own user. " +
  "Set allowHostProcesses: true if that is meant; otherwise use runtime: engine.";

const bytes = z.string().regex(bytesPattern, "expected a quantity of bytes such as 512Mi");
const seconds = z.number().min(0);
const cidr = z.cidrv4();

const engine = z.strictObject({
  host: z
    .string()
    .regex(/^(unix|tcp):\/\//, "expected unix://PATH or tcp://HOST:PORT")
    .optional()
    .describe("Where the Docker-compatible API is. Default: $DOCKER_HOST, else unix:///var/run/docker.sock.")
    .meta({ examples: ["unix:///run/podman/podman.sock", "tcp://192.0.2.7:2376"] }),
  tls: z
    .strictObject({
      ca: z.string().describe("File with the PEM of the authority that signed the engine's certificate."),
      cert: z.string().describe("File with the PEM of our client certificate."),
      key: z.string().describe("File with the PEM of its private key."),
    })
    .optional()
    .describe(
      "Certificates for an engine behind TCP. Default: those in $DOCKER_CERT_PATH where $DOCKER_TLS_VERIFY is set.",
    )
    .meta({ examples: [{ ca: "/etc/burstlet/ca.pem", cert: "/etc/burstlet/cert.pem", key: "/etc/burstlet/key.pem" }] }),
  network: z
    .string()
    .min(1)
    .default("bridge")
    .describe("Network of the engine that tasks join. With none or host, tasks have no address of their own.")
    .meta({ examples: ["bridge"] }),
  allowPrivileged: z
    .boolean()
    .default(false)
    .describe(
      "Whoever may create pods here may have privileged containers, every capability, and files and network of the " +
        "host: the engine's whole machine.",
    )
    .meta({ examples: [true] }),
  runtimeClasses: z
    .array(z.string().min(1))
    .default([])
    .describe("RuntimeClasses for which the engine's own runtime stands: pods that name another one are refused.")
    .meta({ examples: [["standard"]] }),
});

const processes = z.strictObject({
  bridge: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,14}$/, "expected a Linux interface name of at most 15 characters")
    .default("burstlet0")
    .describe("Name of the bridge that tasks are attached to; made where it does not exist.")
    .meta({ examples: ["burstlet0"] }),
  subnet: cidr
    .default("10.213.0.0/16")
    .describe("IPv4 subnet of the bridge; each task gets one address of it.")
    .meta({ examples: ["10.213.0.0/16"] }),
});

const script = z.strictObject({
  accept: seconds.describe("Seconds from the launch to its answer."),
  start: seconds.describe("Seconds from a container's turn to its running state."),
  run: z.union([seconds, z.literal("forever")]).describe("Seconds that a container runs by itself, or forever."),
  exit: z.int().min(0).max(255).describe("Exit code after that time."),
  end: z
    .enum(["exit", "oom", "unknown", "disrupted", "gone"])
    .describe("How it ends: with its exit code, out of memory, unknown, taken away, or forgotten by the cloud."),
  stop: seconds.describe("Seconds from SIGTERM to its end."),
  image: z.enum(["present", "missing"]).describe("missing: the container waits with ErrImagePull."),
  faults: z
    .strictObject({
      denied: z.int().min(0).describe("Launches refused for want of permission."),
      throttled: z.int().min(0).describe("Launches answered with a wish for patience."),
      noCapacity: z.int().min(0).describe("Launches answered with a lack of room."),
      transient: z.int().min(0).describe("Launches that fail for a moment."),
      lostAnswer: z.int().min(0).describe("Launches that start the task and lose the answer."),
    })
    .partial()
    .describe("How many launches fail, by kind, before one is accepted; lostAnswer starts the task all the same."),
});

const timetable = z.strictObject({
  subnet: cidr
    .default("10.99.0.0/16")
    .describe("IPv4 subnet out of which each task is said to have an address.")
    .meta({ examples: ["10.99.0.0/16"] }),
  defaults: script
    .partial()
    .default({})
    .describe("What every container does. Without it: starts at once, runs forever, ends at SIGTERM.")
    .meta({ examples: [{ start: 1, run: 60 }] }),
  images: z
    .record(z.string(), script.partial())
    .default({})
    .describe("What containers of an image do differently. A container's SCRIPT_ variables come on top of both.")
    .meta({ examples: [{ "scripted/fails": { run: 5, exit: 1 } }] }),
});

const capacity = z.strictObject({
  cpu: z
    .number()
    .positive()
    .optional()
    .describe("Cores. Default: those of the host or engine.")
    .meta({ examples: [4] }),
  memory: bytes
    .optional()
    .describe("Bytes, as a quantity. Default: the memory of the host or engine.")
    .meta({ examples: ["8Gi"] }),
  ephemeralStorage: bytes
    .optional()
    .describe("Bytes, as a quantity. Default: the disk that holds the tasks.")
    .meta({ examples: ["20Gi"] }),
  pods: z
    .int()
    .positive()
    .default(110)
    .describe("Pods at once; 110 is a kubelet's default.")
    .meta({ examples: [110] }),
});

/** Part `local` of a node's configuration. */
export const configSchema = z
  .strictObject({
    runtime: z
      .enum(["engine", "process", "scripted"])
      .default("engine")
      .describe(
        "What runs the containers: a Docker-compatible engine, processes on this host, or nothing by timetable.",
      )
      .meta({ examples: ["engine"] }),
    allowHostProcesses: z
      .boolean()
      .default(false)
      .describe("Needed for runtime: process, which gives cluster users processes on this host.")
      .meta({ examples: [true] }),
    stateDir: z
      .string()
      .regex(/^\//, "expected an absolute path")
      .optional()
      .describe(
        "Folder for what must outlive burstlet: records of tasks, and for runtime: process exit codes and logs. Default: " +
          "burstlet/<node> below $XDG_STATE_HOME, else below /var/lib for root and below ~/.local/state for others.",
      )
      .meta({ examples: ["/var/lib/burstlet/edge-1"] }),
    engine: engine.prefault({}).describe("For runtime: engine."),
    process: processes.prefault({}).describe("For runtime: process."),
    scripted: timetable.prefault({}).describe("For runtime: scripted."),
    capacity: capacity.prefault({}).describe("What the node promises, where it is not what the host or engine has."),
  })
  .refine(({ runtime, allowHostProcesses }) => runtime !== "process" || allowHostProcesses, {
    path: ["allowHostProcesses"],
    error: hostProcesses,
    // Also when other fields are wrong: a person is told everything at once.
    when: ({ value }) => typeof value === "object" && value !== null,
  });

export type LocalConfig = z.output<typeof configSchema>;
