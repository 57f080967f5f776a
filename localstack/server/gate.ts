import type { CallCounts } from "../calls.ts";
import type { Faults } from "../faults.ts";
import type { Buckets } from "../limits/buckets.ts";
import type { ScenarioBox } from "../scenario/box.ts";
import { ApiError } from "./service.ts";

/** What every call of every service passes before and after its own work. */
export interface Gate {
  /** `service` and `operation` as AWS names them: `ecs`, `RunTask`. */
  pass<T>(service: string, operation: string, work: () => T | Promise<T>): Promise<T>;
}

export interface GateParts {
  readonly scenario: ScenarioBox;
  readonly faults: Faults;
  readonly buckets: Buckets;
  readonly calls: CallCounts;
}

/** As AWS guards it. */
export function createGate({ scenario, buckets, ...parts }: GateParts): Gate {
  return {
    pass: (service, operation, work) =>
      passCall(
        parts,
        {
          service,
          operation,
          admit() {
            checkCredentials(scenario.now.switches.credentials, `${service}:${operation}`);
            buckets.take(service, operation);
          },
        },
        work,
      ),
  };
}

export interface Call {
  readonly service: string;
  readonly operation: string;
  /** Throws what is refused before anything has happened: a throttled call has no other effect than to be counted. */
  admit(): void;
}

/** Counts the call by its outcome, and has faults befall it where it is admitted. */
export async function passCall<T>(
  { faults, calls }: Pick<GateParts, "faults" | "calls">,
  { service, operation, admit }: Call,
  work: () => T | Promise<T>,
): Promise<T> {
  const call = `${service}:${operation}`;
  try {
    admit();
    const fault = await faults.meet(service, operation);
    const answer = await work();
    fault?.afterwards();
    calls.count(call, "ok");
    return answer;
  } catch (error) {
    calls.count(call, error instanceof ApiError ? error.type : "cut");
    throw error;
  }
}

/** Texts of AWS (from memory), with those of the names that its SDKs know as trouble with credentials. */
function checkCredentials(state: "valid" | "expired" | "unknown" | "denied", call: string): void {
  switch (state) {
    case "valid":
      return;
    case "expired":
      throw new ApiError("ExpiredTokenException", "The security token included in the request is expired");
    case "unknown":
      throw new ApiError("UnrecognizedClientException", "The security token included in the request is invalid.");
    case "denied":
      throw new ApiError(
        "AccessDeniedException",
        `User: arn:aws:sts::123456789012:assumed-role/burstlet/node is not authorized to perform: ${call} because no identity-based policy allows the ${call} action`,
      );
  }
}
