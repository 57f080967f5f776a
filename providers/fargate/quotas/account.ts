import { asProviderError, type Clock, type Log } from "../../../src/provider.ts";
import type { Quotas } from "../../aws/quotas.ts";

/** Quotas change when somebody asks AWS for more. */
const AGAIN_MS = 3_600_000;
const AFTER_FAILURE_MS = 300_000;

export interface AccountQuotas {
  /** What is known; read first where that is due. Never rejects: what cannot be read has its published default. */
  current(): Promise<Quotas>;
}

/** `changed`: told after each reading, so that buckets follow. */
export function createAccountQuotas(
  { clock, log }: { readonly clock: Clock; readonly log: Log },
  read: () => Promise<Quotas>,
  changed: (quotas: Quotas) => void,
): AccountQuotas {
  let known: Quotas = new Map();
  let dueAt = -Infinity;
  let told: string | undefined;
  let reading: Promise<void> | undefined;

  const readOnce = async (): Promise<void> => {
    try {
      known = await read();
      dueAt = clock.monotonic() + AGAIN_MS;
      told = undefined;
      changed(known);
    } catch (error) {
      dueAt = clock.monotonic() + AFTER_FAILURE_MS;
      const { reason, message } = asProviderError(error);
      if (told !== reason)
        log.info("quotas of the account cannot be read, published defaults are used", {
          reason,
          message,
          ...(reason.startsWith("AccessDenied") && {
            fix: "allow servicequotas:ListServiceQuotas, or set fargate.capacity.vcpu",
          }),
        });
      told = reason;
    }
  };
  return {
    async current() {
      if (clock.monotonic() >= dueAt) await (reading ??= readOnce().finally(() => (reading = undefined)));
      return known;
    },
  };
}
