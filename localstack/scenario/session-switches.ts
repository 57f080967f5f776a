import { z } from "zod";

const hundredth = z.number().min(0).max(50).default(0);

/** Sessions of Systems Manager into tasks: what nobody has seen of AWS yet, and trouble on the way. */
export const sessionSwitches = {
  nonInteractiveSessions: z
    .enum(["accepted", "refused"])
    .default("accepted")
    .describe("Does StartSession take AWS-StartNonInteractiveCommand for a container of a task?"),
  portSessions: z
    .enum(["accepted", "refused"])
    .default("accepted")
    .describe("Does StartSession take AWS-StartPortForwardingSession for a container of a task?"),
  execAgent: z
    .enum(["connected", "away", "silent"])
    .default("connected")
    .describe(
      "The agent of ECS Exec: connected; away, so that nobody can be connected with it; or it never says a word.",
    ),
  sessionHandshake: z
    .boolean()
    .default(false)
    .describe("Does the agent shake hands for a terminal too, which it need not?"),
  sessionWeather: z
    .strictObject({
      lost: hundredth.describe("Of a hundred messages, lost."),
      repeated: hundredth.describe("Of a hundred messages, arriving twice."),
      late: hundredth.describe("Of a hundred messages, overtaken by others."),
    })
    .prefault({})
    .describe("What becomes of messages between client and agent."),
};
