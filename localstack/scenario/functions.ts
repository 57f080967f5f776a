import { z } from "zod";

const script = z
  .strictObject({
    run: z
      .union([z.number().min(0), z.literal("forever")])
      .default(0.005)
      .describe("Seconds that an invocation takes; forever: until it is ended."),
    init: z.number().min(0).default(0.1).describe("Seconds until a new environment has loaded the function."),
    end: z
      .enum(["return", "error", "exit", "oom"])
      .default("return")
      .describe("It returns, throws, its process ends, or its memory is full."),
    result: z.json().default(null).describe("What it returns."),
    errorType: z.string().default("Error").describe("What it throws: type"),
    errorMessage: z.string().default("as the scenario says").describe("and message."),
    exit: z.int().min(0).max(255).default(1).describe("The status with which its process ends."),
    memory: z.number().min(0).default(64).describe("MB that it uses at most."),
    marks: z
      .boolean()
      .default(false)
      .describe("It writes the first and the last line that the handlers of deploy/lambda write."),
    print: z.array(z.string()).default([]).describe("Lines that it writes."),
  })
  .describe(
    "What a function of runtime scripted does; SCRIPT_RUN, SCRIPT_END and so on in `env` of a payload change it.",
  );

/** What is of a version; $LATEST has what is written beside `versions`. */
const versioned = {
  runtime: z
    .string()
    .regex(
      /^(scripted|nodejs\d+\.x|python3\.\d+|provided(\.\w+)?)$/,
      "expected scripted, nodejs…x, python3.…, provided",
    )
    .describe("scripted: it does nothing but follow `script`. Others run as processes of this host."),
  code: z.string().min(1).describe("Folder of its code; provided: with an executable `bootstrap` in it."),
  handler: z.string().min(1).describe("As Lambda has it: file.function."),
  script: script,
  memory: z.int().min(128).max(10_240).describe("MB; above it the largest process is killed."),
  timeout: z.int().min(1).max(900).describe("Seconds."),
  architecture: z.enum(["x86_64", "arm64"]).describe("Only told: it runs on this host's."),
  ephemeralStorage: z.int().min(512).max(10_240).describe("MB of /tmp."),
  environment: z.record(z.string(), z.string()).describe("Its variables."),
  state: z.enum(["Active", "Pending", "Inactive", "Failed"]).describe("Inactive ones wake up when they are invoked."),
  stateReason: z.string().describe("Why it is not Active."),
  logFormat: z.enum(["Text", "JSON"]).describe("Format of Lambda's own lines in its log."),
  logGroup: z.string().min(1).describe("Its log group; it is made with its first line."),
  durable: z
    .strictObject({
      executionTimeout: z.int().min(1).max(31_622_400).default(86_400).describe("Seconds of an execution in all."),
      retentionDays: z.int().min(1).max(90).default(14).describe("Days for which an ended execution is known."),
    })
    .describe("It is a durable function."),
} as const;

const partial = z.strictObject(versioned).partial();

const alias = z.union([
  z.string(),
  z.strictObject({
    version: z.string().describe("The version that it stands for."),
    weights: z.record(z.string(), z.number().min(0).max(1)).default({}).describe("Shares of other versions."),
  }),
]);

export const functionSchema = z
  .strictObject({
    ...partial.shape,
    reservedConcurrency: z.int().min(0).optional().describe("Invocations at once that are kept for it alone."),
    retries: z.int().min(0).max(2).default(2).describe("How often a failed event is run again."),
    maxEventAge: z.int().min(60).max(21_600).default(21_600).describe("Seconds after which an event is dropped."),
    versions: z
      .record(z.string().regex(/^\d+$/, "expected a number"), partial)
      .default({})
      .describe("Published versions: where they differ from $LATEST."),
    aliases: z
      .record(z.string().regex(/^(?!\d+$)[\w-]{1,128}$/), alias)
      .default({})
      .describe("Names of versions."),
  })
  .superRefine(({ runtime = "scripted", code, versions, aliases }, context) => {
    if (runtime !== "scripted" && code === undefined)
      context.addIssue({ code: "custom", path: ["code"], message: `runtime ${runtime} needs the folder of its code` });
    for (const [name, target] of Object.entries(aliases)) {
      const { version, weights } = typeof target === "string" ? { version: target, weights: {} } : target;
      for (const one of [version, ...Object.keys(weights)])
        if (one !== "$LATEST" && !Object.hasOwn(versions, one))
          context.addIssue({ code: "custom", path: ["aliases", name], message: `there is no version ${one}` });
    }
  });

export type FunctionScenario = z.output<typeof functionSchema>;
export type VersionScenario = z.output<typeof partial>;
export type Script = z.output<typeof script>;
export const defaultScript: Script = script.parse({});
