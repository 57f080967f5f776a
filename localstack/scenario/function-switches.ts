import { z } from "zod";

/** Of Lambda: what nobody here has seen real AWS answer. The first one named is the default. */
export const functionSwitches = {
  timeoutAnswer: z
    .enum(["Sandbox.Timedout", "untyped", "bare"])
    .default("Sandbox.Timedout")
    .describe(
      "Payload of an invocation that took too long: with this errorType, with a message alone, or bare text as AWS's runtime interface emulator has it.",
    ),
  memoryAnswer: z
    .enum(["Runtime.ExitError", "Runtime.OutOfMemory"])
    .default("Runtime.ExitError")
    .describe("errorType of an invocation whose memory was full."),
  tooLargeAnswer: z
    .enum(["RequestTooLargeException", "RequestEntityTooLargeException"])
    .default("RequestTooLargeException")
    .describe("Name of the error of a payload that is too large."),
  notActiveAnswer: z
    .enum(["ResourceConflictException", "ResourceNotReadyException", "CodeArtifactUserPendingException"])
    .default("ResourceConflictException")
    .describe("Name of the error of an invocation whose function is Pending or Inactive."),
  throttleRetryAfter: z
    .int()
    .min(0)
    .default(0)
    .describe("Retry-After of an invocation that is throttled, in seconds; 0: there is no such header."),
  eventDelivery: z
    .enum(["once", "twice", "never"])
    .default("once")
    .describe("How often an accepted event is run, even where it succeeds."),
  eventRequestIds: z
    .enum(["same", "new"])
    .default("same")
    .describe("Does an event that is run again have the request id of its answer?"),
  durableArnOfEvents: z
    .boolean()
    .default(true)
    .describe("Has the answer to an event that starts a durable execution its ARN?"),
  durableLists: z
    .enum(["all versions", "$LATEST"])
    .default("all versions")
    .describe(
      "Executions of which version are listed of a function without a qualifier? AWS's model of the API says all.",
    ),
  durableFailure: z
    .enum(["fails", "again"])
    .default("fails")
    .describe("An invocation of a durable execution throws, ends or takes too long: the execution fails, or goes on."),
  durableStop: z
    .enum(["runs on", "is cut"])
    .default("runs on")
    .describe("What becomes of the invocation that is under way when its durable execution is stopped."),
  idleConnections: z
    .enum(["kept", "forgotten"])
    .default("kept")
    .describe("forgotten: an answer after 350 s of silence never arrives, nor an end, as behind a NAT gateway."),
} as const;
