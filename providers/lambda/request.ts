import type { Text } from "../../src/provider.ts";

/** Annotations of pods that mean something here. Any other one of this prefix is refused, or a typing error would run. */
export const prefix = "lambda.burstlet.dev/";

export const podAnnotations = {
  /** `name[:qualifier]`, or the ARN of a function. */
  function: `${prefix}function`,
  /** JSON that is sent as it is, in place of command, args, env and files. */
  payload: `${prefix}payload`,
  /** One of `modes`. */
  mode: `${prefix}mode`,
  /** `payload`: values of Secrets may be part of the payload. */
  secrets: `${prefix}secrets`,
} as const;

/**
 * `sync`: one call that is held until the function returns. `durable`: a durable execution, which Lambda keeps by its name.
 * `event`: put into Lambda's queue, which may deliver it more than once.
 */
export type Mode = (typeof modes)[number];
export const modes = ["sync", "durable", "event"] as const;

/** One invocation of a function that exists already. */
export interface LambdaRequest {
  readonly mode: Mode;
  readonly function: FunctionName;
  readonly payload: Payload;
  readonly container: { readonly name: string; readonly image: string };
  readonly pod: { readonly uid: string; readonly namespace: string; readonly name: string };
  /** What the function has to offer; looked at before it is invoked. */
  readonly need: Need;
}

export interface FunctionName {
  /** A name or an ARN without qualifier. */
  readonly name: string;
  /** A version or an alias; `undefined`: what was deployed last. */
  readonly qualifier: string | undefined;
}

/** `json`: the author's own; otherwise what `deploy/lambda` documents. */
export type Payload = { readonly json: string } | { readonly parts: PayloadParts };

export interface PayloadParts {
  readonly command?: readonly Text[] | undefined;
  readonly args?: readonly Text[] | undefined;
  readonly workingDir?: string | undefined;
  readonly env: readonly { readonly name: string; readonly value: Text }[];
  readonly files: readonly PayloadFile[];
}

export interface PayloadFile {
  /** Absolute, below /tmp. */
  readonly path: string;
  readonly mode: number;
  readonly content: Text;
  readonly encoding: "utf8" | "base64";
}

export interface Need {
  /** MiB; 0: no need. */
  readonly memory: number;
  /** MiB of /tmp; 0: no need. */
  readonly storage: number;
  /** vCPUs; 0: no need. */
  readonly cpu: number;
  /** Seconds that the pod may be active; `undefined`: no deadline. */
  readonly deadline: number | undefined;
}

/** `name` of `name`, or of the ARN of a function. */
export function bareName(nameOrArn: string): string {
  return nameOrArn.slice(nameOrArn.lastIndexOf(":") + 1);
}

/** As a pod names it. */
export function textOf({ name, qualifier }: FunctionName): string {
  return qualifier === undefined ? name : `${name}:${qualifier}`;
}
