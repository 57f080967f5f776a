/** What a look at the set-up in Azure tells. */
import type { Known } from "../../../src/provider.ts";
import type { AciConfig } from "../config.ts";
import type { Permission } from "./rights.ts";

/** What the configuration says of it. */
export type SetUp = Pick<AciConfig, "subscription" | "resourceGroup" | "locations" | "stats">;

export interface Facts {
  /** Object id of the identity that burstlet is in Azure; `undefined`: its token does not tell. */
  readonly principal: string | undefined;
  readonly subscription: Known<{ readonly state: string | undefined }>;
  /** Of the container groups; `undefined`: there is none. */
  readonly group: Known<{ readonly state: string | undefined } | undefined>;
  readonly provider: Known<ProviderFacts>;
  /** What we may do in the resource group. */
  readonly rights: Known<readonly Permission[]>;
  /** Whether the quotas of the first region may be read; absent: nobody needs them. */
  readonly usages?: Known<unknown> | undefined;
  readonly subnets: readonly SubnetFacts[];
  readonly identities: readonly IdentityFacts[];
}

/** Resource provider Microsoft.ContainerInstance in the subscription. */
export interface ProviderFacts {
  /** `Registered`, `Registering`, `NotRegistered`, … */
  readonly state: string | undefined;
  /** Regions with container groups, in the short form; empty: not told. */
  readonly locations: readonly string[];
}

export interface SubnetFacts {
  readonly id: string;
  /** That the configuration gives it to. */
  readonly location: string;
  /** `undefined`: there is none. */
  readonly found: Known<Subnet | undefined>;
  /** Region of its virtual network, in the short form. */
  readonly region: Known<string | undefined>;
  readonly rights: Known<readonly Permission[]>;
}

export interface Subnet {
  /** In CIDR, also IPv6. */
  readonly prefixes: readonly string[];
  /** Services that it is delegated to. */
  readonly delegations: readonly string[];
  /** Has it a NAT gateway, or a route table that may lead to a firewall? */
  readonly hasWayOut: boolean;
}

export interface IdentityFacts {
  readonly id: string;
  readonly found: Known<boolean>;
  readonly rights: Known<readonly Permission[]>;
}
