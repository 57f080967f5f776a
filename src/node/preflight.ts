/**
 * Whether the set-up of the provider is right: asked before the first launch, and again and again until it is. Meanwhile
 * pods wait with the reason; what runs is watched, stopped and read as ever.
 */
import { asProviderError, type Clock, type Log, type Provider, ProviderError } from "../provider.ts";

const FIRST_MS = 5_000;
const LONGEST_MS = 120_000;

export interface Preflight {
  /** What is wrong, with every fix; `undefined` while nothing is known to be. */
  trouble(): ProviderError | undefined;
  /** The same provider, whose launches wait for the first answer and are denied while something is wrong. */
  guarded(provider: Provider): Provider;
  /** Resolves when all is well, and when the signal aborts. */
  run(signal: AbortSignal): Promise<void>;
}

/** `changed`: told when `trouble` has become another one. */
export function createPreflight(
  check: Provider["preflight"],
  { clock, log, changed }: { readonly clock: Clock; readonly log: Log; readonly changed: () => void },
): Preflight {
  let trouble: ProviderError | undefined;
  let isAnswered = check === undefined;
  const answered = Promise.withResolvers<void>();

  const judge = (findings: Findings): void => {
    const now = findings.length === 0 ? undefined : troubleOf(findings);
    if (now?.message === trouble?.message) return;
    trouble = now;
    if (now === undefined) log.info("the provider's set-up is right now");
    else log.error("the provider's set-up is not right: pods wait", { findings });
    changed();
  };
  /** Is there nothing more to ask? */
  const ask = async (check: Check, signal: AbortSignal): Promise<boolean> => {
    try {
      const findings = await check();
      judge(findings);
      return findings.length === 0;
    } catch (error) {
      const { reason, message } = asProviderError(error);
      if (!signal.aborted) log.warn("the provider's set-up cannot be checked yet", { reason, message });
      return false;
    } finally {
      isAnswered = true;
      answered.resolve();
    }
  };
  return {
    trouble: () => trouble,
    guarded: (provider) =>
      guard(provider, async (signal) => {
        if (!isAnswered) await Promise.race([answered.promise, aborted(signal)]);
        signal.throwIfAborted();
        if (trouble !== undefined) throw trouble;
      }),
    async run(signal) {
      if (check === undefined) return;
      for (let wait = FIRST_MS; !signal.aborted && !(await ask(check, signal)); wait = Math.min(wait * 2, LONGEST_MS))
        await clock.sleep(wait, signal).catch(() => undefined);
    },
  };
}

type Check = NonNullable<Provider["preflight"]>;
type Findings = Awaited<ReturnType<Check>>;

/** `denied`: certainly nothing was started, and the pod is not to blame. */
function troubleOf(findings: Findings): ProviderError {
  const sentences = findings.map(({ message, fix }) => `${message} (fix: ${fix})`);
  return new ProviderError("denied", "PreflightFailed", sentences.join("; "));
}

/** A proxy, because a provider's properties may be getters; of an empty object, because a frozen one's could not change. */
function guard(provider: Provider, pass: (signal: AbortSignal) => Promise<void>): Provider {
  const launch: Provider["launch"] = async (launch, signal) => {
    await pass(signal);
    return provider.launch(launch, signal);
  };
  return new Proxy({} as Provider, {
    get(_, key) {
      const value: unknown = key === "launch" ? launch : Reflect.get(provider, key);
      return typeof value === "function" ? (value.bind(provider) as unknown) : value;
    },
    has: (_, key) => Reflect.has(provider, key),
  });
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}
