/** Where what is secret about pods is kept, and what that place takes. Pure. */
import type { FargateConfig } from "../../config.ts";

export interface StoreTraits {
  /** Bytes of one value. */
  readonly most: number;
  /** In sentences. */
  readonly name: string;
  /** ECS picks a value out of a JSON text, so that all variables of a pod can be one. */
  readonly hasKeys: boolean;
  readonly takesEmpty: boolean;
}

const stores: Readonly<Record<FargateConfig["secrets"]["store"], StoreTraits>> = {
  // Quotas of AWS Secrets Manager.
  secretsManager: { most: 65_536, name: "Secrets Manager", hasKeys: true, takesEmpty: true },
  // The standard tier of Parameter Store (quotas of AWS Systems Manager).
  parameters: { most: 4_096, name: "Parameter Store", hasKeys: false, takesEmpty: false },
};

export function storeOf({ secrets }: Pick<FargateConfig, "secrets">): StoreTraits {
  return stores[secrets.store];
}
