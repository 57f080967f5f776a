import { z } from "zod";
import { azureSwitchesSchema } from "./azure-switches.ts";
import { functionSwitches } from "./function-switches.ts";
import { sessionSwitches } from "./session-switches.ts";

/**
 * Where nobody has looked at real AWS yet, both answers: burstlet must live with either. The first one named is the
 * default. Also here: trouble of a whole account.
 */
export const switchesSchema = z
  .strictObject({
    throttling: z.boolean().default(true).describe("Are the buckets of calls kept?"),
    credentials: z
      .enum(["valid", "expired", "unknown", "denied"])
      .default("valid")
      .describe("What AWS thinks of everybody's credentials."),
    quotaAnswer: z
      .enum(["failures", "exception"])
      .default("failures")
      .describe("RunTask beyond the quota of vCPUs: 200 with failures[], or a ClientException."),
    capacityAnswer: z
      .enum(["failures", "exception", "stopped"])
      .default("failures")
      .describe("RunTask without capacity: 200 with failures[], a ClientException, or a task that stops at once."),
    retirementStopCode: z
      .enum(["TerminationNotice", "InfrastructureHealth", "ServiceSchedulerInitiated"])
      .default("TerminationNotice")
      .describe("stopCode of a task that AWS retires."),
    listStartedByStopped: z
      .boolean()
      .default(false)
      .describe("Does ListTasks by startedBy tell stopped tasks, when desiredStatus is left out?"),
    startTimeout: z
      .enum(["none", "120 s"])
      .default("none")
      .describe("How long a container without startTimeout waits for what it depends on."),
    unhealthyStops: z.boolean().default(false).describe("Does a standalone task stop when it is UNHEALTHY?"),
    networkFiles: z
      .enum(["shared", "own"])
      .default("shared")
      .describe("/etc/hosts and /etc/resolv.conf: does a container that edits them do it for all of its task?"),
    strangers: z
      .boolean()
      .default(false)
      .describe("Do tasks have a container that nobody asked for, as with runtime monitoring of GuardDuty?"),
    taskEvents: z
      .enum(["once", "twice", "disordered", "never"])
      .default("once")
      .describe("How changes of tasks come into queues; disordered: twice, and in another order."),
    azure: azureSwitchesSchema,
    ...functionSwitches,
    ...sessionSwitches,
  })
  .prefault({})
  .describe("Answers to what is not known, and trouble of the account.");
