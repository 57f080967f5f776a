import { inspect } from "node:util";
import type { ResolvedFile, SecretText } from "../../src/provider.ts";
import type { Tags } from "./names.ts";

/** What one pod asks of Azure: the body of one PUT, but for name, region, and tags of the identity. */
export interface AciRequest {
  readonly group: GroupBody;
  /** In order: the nth try of an attempt takes the nth, from the first again after the last. */
  readonly places: readonly Place[];
  /** What it takes of the subscription's quota in its region. */
  readonly vcpu: number;
}

export interface Place {
  readonly location: string;
  /** Resource id; absent: no virtual network. */
  readonly subnet?: string;
}

/** API version 2023-05-01. Values that are secret are so until the client opens them. */
export interface GroupBody {
  readonly tags: Tags;
  readonly identity?: {
    readonly type: "UserAssigned";
    readonly userAssignedIdentities: Readonly<Record<string, object>>;
  };
  /** One at most. */
  readonly zones?: readonly string[] | undefined;
  readonly properties: GroupProperties;
}

export interface GroupProperties {
  readonly sku: "Standard" | "Confidential";
  readonly priority?: "Spot";
  readonly confidentialComputeProperties?: { readonly ccePolicy: string };
  readonly osType: "Linux";
  readonly restartPolicy: "Always" | "OnFailure" | "Never";
  readonly containers: readonly ContainerBody[];
  readonly initContainers?: readonly InitContainerBody[];
  readonly imageRegistryCredentials?: readonly RegistryCredential[];
  readonly ipAddress?: IpAddress;
  readonly dnsConfig?: DnsConfig;
  readonly volumes?: readonly VolumeBody[];
  readonly extensions?: readonly ExtensionBody[];
}

/** A program of Azure's own beside the containers. */
export interface ExtensionBody {
  readonly name: string;
  readonly properties: {
    readonly extensionType: string;
    readonly version: string;
    readonly settings: object;
    readonly protectedSettings: object;
  };
}

export interface ContainerBody {
  readonly name: string;
  readonly properties: ContainerProperties & {
    readonly ports?: readonly Port[];
    readonly resources: { readonly requests: Share; readonly limits: Share };
    readonly livenessProbe?: ProbeBody;
  };
}

/** No ports, no resources, no probes: it has the whole group while it runs. */
export interface InitContainerBody {
  readonly name: string;
  readonly properties: ContainerProperties;
}

export interface ContainerProperties {
  readonly image: string;
  /** Replaces entry point and arguments of the image. */
  readonly command?: readonly string[];
  readonly environmentVariables?: readonly Variable[];
  readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string; readonly readOnly: boolean }[];
  readonly securityContext?: SecurityBody;
}

export type Variable =
  | { readonly name: string; readonly value: string }
  | { readonly name: string; readonly secureValue: SecretText };

export interface Share {
  /** vCPUs, in steps of 0.01. */
  readonly cpu: number;
  /** GB, in steps of 0.1. */
  readonly memoryInGB: number;
}

export interface Port {
  readonly port: number;
  readonly protocol: "TCP" | "UDP";
}

export interface ProbeBody {
  readonly exec?: { readonly command: readonly string[] };
  readonly httpGet?: {
    readonly path: string;
    readonly port: number;
    readonly scheme: "http" | "https";
    readonly httpHeaders?: readonly { readonly name: string; readonly value: string }[];
  };
  readonly initialDelaySeconds: number;
  readonly periodSeconds: number;
  readonly failureThreshold: number;
  readonly successThreshold: number;
  readonly timeoutSeconds: number;
}

export interface SecurityBody {
  readonly runAsUser?: number;
  readonly runAsGroup?: number;
  readonly allowPrivilegeEscalation?: boolean;
  readonly capabilities?: { readonly add?: readonly string[]; readonly drop?: readonly string[] };
}

export interface IpAddress {
  readonly type: "Public" | "Private";
  readonly ports: readonly Port[];
  readonly dnsNameLabel?: string;
}

export interface DnsConfig {
  readonly nameServers: readonly string[];
  /** Separated by blanks, as the options are. */
  readonly searchDomains?: string;
  readonly options?: string;
}

export type RegistryCredential =
  | { readonly server: string; readonly username: string; readonly password: string | SecretText }
  | { readonly server: string; readonly identity: string };

export type VolumeBody =
  | { readonly name: string; readonly emptyDir: object }
  | { readonly name: string; readonly azureFile: FileShare }
  | { readonly name: string; readonly secret: Readonly<Record<string, FileBytes>> };

/** A share of Azure Files. */
export interface FileShare {
  readonly shareName: string;
  readonly readOnly: boolean;
  readonly storageAccountName: string | SecretText;
  readonly storageAccountKey: SecretText;
}

/** A file of a volume, which Azure takes as base64. Shows nothing of itself, like SecretText, for it may be one. */
export class FileBytes {
  readonly content: string | SecretText;
  readonly encoding: ResolvedFile["encoding"];

  constructor(content: string | SecretText, encoding: ResolvedFile["encoding"]) {
    this.content = content;
    this.encoding = encoding;
  }

  toJSON(): string {
    return "[file]";
  }

  [inspect.custom](): string {
    return "[file]";
  }
}
