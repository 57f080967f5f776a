import { z } from "zod";
import type { Clock } from "../src/model/clock.ts";
import { ApiError, CutConnection } from "./server/service.ts";

/** One way in which calls go wrong. */
export const faultSchema = z
  .strictObject({
    /** Set again under the same name, it takes the former one's place. */
    name: z.string().min(1).optional().describe("Name by which the fault is cleared."),
    call: z
      .string()
      .regex(/^(\*|[a-z0-9-]+:(\*|[A-Za-z]+))$/, "expected service:Operation, service:* or *")
      .describe("Which calls: ecs:RunTask, logs:*, or * for all."),
    skip: z.int().min(0).default(0).describe("So many calls pass first."),
    times: z
      .int()
      .positive()
      .optional()
      .describe("So many calls go wrong; without it all, until the fault is cleared."),
    delay: z.number().min(0).default(0).describe("Seconds until the call goes on, or goes wrong."),
    error: z
      .strictObject({
        type: z.string().min(1).describe("The cloud's name of the error: ServerException."),
        message: z.string().describe("Its text."),
        status: z.int().min(400).max(599).default(400).describe("Its HTTP status."),
        retryAfter: z.number().min(0).optional().describe("Seconds of its header Retry-After."),
        late: z.boolean().default(false).describe("The call has happened all the same."),
        members: z.record(z.string(), z.string()).default({}).describe("Further members of it: Reason."),
      })
      .optional()
      .describe("The answer; nothing else happens, unless it is late."),
    cut: z
      .enum(["before", "after", "silent"])
      .optional()
      .describe(
        "The connection breaks: before anything happened, or after it has happened and before the answer. silent: it happens, and neither answer nor end ever comes.",
      ),
  })
  .refine(({ error, cut, delay }) => error !== undefined || cut !== undefined || delay > 0, {
    error: "a fault needs an error, a cut or a delay",
  });

export type Fault = z.output<typeof faultSchema>;

export interface Faults {
  /** Every one that is set. `left`: how many calls it still hits. */
  readonly all: readonly (Fault & { readonly left: number | undefined })[];
  set(fault: z.input<typeof faultSchema>): void;
  /** Without a name: all of them. */
  clear(name?: string): void;
  /** Waits and throws as the faults of this call say; what is returned is to be asked once the call is done. */
  meet(service: string, operation: string): Promise<{ afterwards(): void } | undefined>;
}

interface Standing extends Fault {
  left: number | undefined;
  passing: number;
}

export function createFaults(clock: Clock): Faults {
  let standing: Standing[] = [];
  const hit = (call: string, service: string): Standing | undefined => {
    for (const fault of standing) {
      if (fault.call !== call && fault.call !== "*" && fault.call !== `${service}:*`) continue;
      if (fault.passing > 0) {
        fault.passing -= 1;
        continue;
      }
      if (fault.left !== undefined && --fault.left === 0) standing = standing.filter((other) => other !== fault);
      return fault;
    }
    return undefined;
  };
  const clear = (name?: string): void => {
    standing = name === undefined ? [] : standing.filter((fault) => fault.name !== name);
  };
  return {
    get all() {
      return standing.map(({ passing, ...fault }) => ({ ...fault, skip: passing }));
    },
    set(input) {
      const fault = faultSchema.parse(input);
      if (fault.name !== undefined) clear(fault.name);
      standing.push({ ...fault, left: fault.times, passing: fault.skip });
    },
    clear,
    async meet(service, operation) {
      if (standing.length === 0) return undefined;
      const fault = hit(`${service}:${operation}`, service);
      if (fault === undefined) return undefined;
      if (fault.delay > 0) await clock.sleep(fault.delay * 1000);
      if (fault.error?.late === false) throw errorOf(fault.error);
      if (fault.cut === "before") throw new CutConnection();
      return {
        afterwards() {
          if (fault.error !== undefined) throw errorOf(fault.error);
          if (fault.cut === "after") throw new CutConnection();
          if (fault.cut === "silent") throw new CutConnection("silent");
        },
      };
    },
  };
}

function errorOf({ type, message, status, retryAfter, members }: NonNullable<Fault["error"]>): ApiError {
  const headers = retryAfter === undefined ? {} : { "retry-after": String(retryAfter) };
  return new ApiError(type, message, status, { members, headers });
}
