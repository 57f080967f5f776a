import { z } from "zod";

/** As `switchesSchema`, of container groups of Azure. Nothing here has been asked of Azure itself. */
export const azureSwitchesSchema = z
  .strictObject({
    token: z
      .enum(["valid", "expired", "unknown"])
      .default("valid")
      .describe("What Azure thinks of everybody's bearer token; one must be there in any case."),
    quotaAnswer: z
      .enum(["at the PUT", "later"])
      .default("at the PUT")
      .describe("A quota is reached: the PUT is refused, or its operation fails and the group goes on trying."),
    capacityAnswer: z
      .enum(["at the PUT", "later"])
      .default("at the PUT")
      .describe("A region has no room: the PUT is refused, or its operation fails and the group goes on trying."),
    imageAnswer: z
      .enum(["at the PUT", "later"])
      .default("at the PUT")
      .describe("An image cannot be pulled: the PUT is refused, or events say so and the group goes on trying."),
    window: z
      .enum(["bit by bit", "at its end"])
      .default("bit by bit")
      .describe("Creations and deletions come back as time goes by, or all of them when their window is over."),
    windowScope: z
      .enum(["subscription", "location"])
      .default("subscription")
      .describe("Are creations and deletions counted for the subscription, or for each of its regions?"),
    retryAfter: z
      .enum(["sent", "absent"])
      .default("sent")
      .describe("Does a 429 for creations and deletions carry Retry-After?"),
    deleteAnswer: z
      .enum(["200", "202"])
      .default("200")
      .describe("DELETE of a group: 200 with its last picture, or 202 with Location."),
    deletedGroup: z
      .enum(["gone", "visible"])
      .default("gone")
      .describe("Is a group gone from GET and list with the DELETE, or visible as Deleting until it has ended?"),
    endSignal: z
      .enum(["SIGKILL", "SIGTERM"])
      .default("SIGKILL")
      .describe("What DELETE, stop and a new start send to containers; SIGTERM has 30 seconds."),
    endedGroups: z
      .enum(["counted", "not counted"])
      .default("counted")
      .describe("Do groups that have stopped or ended count in the usages?"),
    patch: z
      .enum(["tags alone", "restarts"])
      .default("tags alone")
      .describe("Does a PATCH of the tags have the containers start anew?"),
    transition: z
      .enum(["deletable", "refused"])
      .default("deletable")
      .describe("DELETE of a group that is being provisioned: done, or 409 ContainerGroupTransitioning."),
    endedPut: z
      .enum(["started", "refused"])
      .default("started")
      .describe("PUT on a group that has ended: it is started anew, or refused."),
    previousState: z
      .enum(["absent", "null"])
      .default("absent")
      .describe("How previousState is told of a container that has not run before."),
    crashWord: z
      .enum(["CrashLoopBackOff: Back-off restarting failed", ""])
      .default("CrashLoopBackOff: Back-off restarting failed")
      .describe("detailStatus of a container that waits to run again."),
    oomWord: z
      .enum(["OOMKilled", "Error"])
      .default("OOMKilled")
      .describe("detailStatus of a container that had too little memory."),
    endedEvents: z
      .enum(["absent", "told"])
      .default("absent")
      .describe("Are events told of a container that has ended under Never?"),
    never: z
      .enum(["kept", "run again"])
      .default("kept")
      .describe("Does the platform run a container again once that has failed under Never?"),
    moved: z
      .enum(["counted", "forgotten"])
      .default("counted")
      .describe(
        "A group that runs on another machine: its former runs count as restarts, or nothing is known of them.",
      ),
    evictionEvent: z
      .enum(["told", "silent"])
      .default("told")
      .describe("Does an event tell of the eviction of a Spot group?"),
    execCommand: z
      .enum(["one program", "split"])
      .default("one program")
      .describe("The command of exec: the name of one program without arguments, or words split at blanks."),
    attachPassword: z
      .enum(["header", "message"])
      .default("header")
      .describe("Password of attach: as the value of Authorization, or as the first message like that of exec."),
    subnetAddress: z
      .enum(["told", "absent"])
      .default("told")
      .describe("Does a group in a subnet tell its address when its PUT has no ipAddress?"),
    gigabyte: z.enum(["2^30", "10^9"]).default("2^30").describe("Bytes of memoryInGB: 1."),
  })
  .prefault({})
  .describe("Answers to what is not known of Azure.");
