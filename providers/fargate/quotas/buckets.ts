import { isDeepStrictEqual } from "node:util";
import type { CallLimits, Limiter, ProviderContext } from "../../../src/provider.ts";
import type { Market } from "../market.ts";
import type { Reads } from "../secrets/references.ts";
import {
  type EcsFamily,
  ecsFamilies,
  limitsOf,
  parametersLimits,
  type Quotas,
  secretsLimits,
} from "../../aws/quotas.ts";

/** Waits for a token of each of its families, then calls. Shapes and errors: `Limiter.run`. */
type Paced = <T>(call: () => Promise<T>, signal?: AbortSignal) => Promise<T>;

/** The calls of ECS, each behind the buckets that AWS counts it in. */
export interface EcsBuckets {
  readonly runTask: <T>(call: () => Promise<T>, signal?: AbortSignal, takes?: LaunchTakes) => Promise<T>;
  readonly stopTask: Paced;
  readonly executeCommand: Paced;
  readonly readTasks: Paced;
  readonly readDefinitions: Paced;
  readonly writeDefinitions: Paced;
  readonly readCluster: Paced;
  /** The account's own quotas. A family whose limits are others now gets a new bucket; who waits stays in the old one. */
  configure(quotas: Quotas): void;
}

/** What a launch takes besides the call. */
export interface LaunchTakes {
  /** Calls of the account's that ECS makes as the task starts; default none. */
  readonly reads?: Reads | undefined;
  /** Default on demand. */
  readonly market?: Market | undefined;
}

/**
 * AWS counts calls as they arrive: some so much later after being sent than others, with handshakes, slow answers and a busy
 * process. One throttle answer costs more than the margin: it halves the rate for a while.
 */
const JITTER_SECONDS = 0.6;

/** What of a bucket may be sent, so that as much of it arrives. */
export function withMargin({ burst, rate }: CallLimits): CallLimits {
  return { rate, burst: Math.max(1, burst - rate * JITTER_SECONDS) };
}

/** With the published limits until `configure`. */
export function createEcsBuckets(limiter: ProviderContext["limiter"]): EcsBuckets {
  const open = new Map<EcsFamily, { limits: CallLimits; limiter: Limiter }>();
  const configure = (quotas: Quotas): void => {
    for (const family of Object.keys(ecsFamilies) as EcsFamily[]) {
      const limits = withMargin(limitsOf(ecsFamilies[family], quotas));
      if (!isDeepStrictEqual(open.get(family)?.limits, limits)) open.set(family, { limits, limiter: limiter(limits) });
    }
  };
  configure(new Map());

  /** The slowest family first: whoever waits there holds no token of a family that others need. */
  const behind =
    (...families: readonly EcsFamily[]): Paced =>
    async (call, signal) =>
      families.reduceRight(
        (inner, family) => async () => {
          const bucket = open.get(family)?.limiter;
          return bucket === undefined ? inner() : bucket.run(inner, signal);
        },
        call,
      )();

  const launches = {
    "on-demand": behind("runTask", "onDemand", "cluster"),
    spot: behind("runTask", "spot", "cluster"),
  };
  const secrets = limiter(withMargin(secretsLimits.read));
  const parameters = limiter(withMargin(parametersLimits.read));
  /** The slower bucket first, as above. */
  const reading: <T>(reads: Reads, call: () => Promise<T>, signal?: AbortSignal) => Promise<T> = async (
    reads,
    call,
    signal,
  ) => {
    const withSecrets = async () => (reads.secrets === 0 ? call() : secrets.run(call, signal, reads.secrets));
    return reads.parameters === 0 ? withSecrets() : parameters.run(withSecrets, signal, reads.parameters);
  };
  return {
    runTask: async (call, signal, { reads, market = "on-demand" } = {}) =>
      launches[market](async () => (reads === undefined ? call() : reading(reads, call, signal)), signal),
    stopTask: behind("cluster"),
    executeCommand: behind("cluster"),
    readTasks: behind("readTasks"),
    readDefinitions: behind("readDefinitions"),
    writeDefinitions: behind("writeDefinitions"),
    readCluster: behind("readCluster"),
    configure,
  };
}
