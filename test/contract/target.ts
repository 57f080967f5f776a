import type { Container } from "../../src/model/kube.ts";
import type { Provider } from "../../src/provider.ts";

/** What a container of a contract test is to do. */
export interface Behaviour {
  /** Seconds that it runs by itself. */
  readonly run: number | "forever";
  /** Exit code after that time, default 0; `hidden`: it ends in a way that the cloud can tell no exit code of. */
  readonly exit?: number | "hidden";
  /** At SIGTERM it ends with 143 (default), or goes on. */
  readonly atTerm?: "end" | "ignore";
  /** Lines to write to stdout first. */
  readonly print?: readonly string[];
  /** Its stdin is open, and first of all it writes to stdout what it reads there, until that ends. */
  readonly echo?: boolean;
  /** Its postStart hook takes so many seconds, or fails. */
  readonly afterStart?: number | "fails";
  /** Its preStop hook takes so many seconds. */
  readonly beforeStop?: number;
  /** A port on which it sends back what it receives, until the other side ends. */
  readonly serve?: number;
}

/** A provider, and the stand-in for its cloud that a test can look into. */
export interface ContractTarget {
  readonly provider: Provider;
  /** As in the context that the provider was created with. */
  readonly clusterUid: string;
  readonly nodeName: string;
  /** Of its pods, where the cloud takes no other; default Always, or Never where the cloud restarts by itself. */
  readonly restartPolicy?: "OnFailure" | "Never";
  /** Of its pods. */
  readonly annotations?: Readonly<Record<string, string>>;
  /** The part of a container by which it behaves so here. Throws where this cloud cannot: then the test is a gap. */
  container(behaviour: Behaviour): Partial<Container>;
  /** What a container prints once it heeds SIGTERM: it runs before it does. Absent where it heeds it from the beginning. */
  readonly heeds?: string;
  /** Lets about so many milliseconds pass: real ones, or those of a clock that the test moves. */
  pass(ms: number): Promise<void>;
  /** Another provider over the same cloud, with nothing in its memory: as after a restart of burstlet. */
  reopen(): Promise<Provider>;
  /** Makes the cloud unreachable, until the returned function is called. Absent where the stand-in cannot. */
  trouble?(): Promise<() => Promise<void>>;
  close(): Promise<void>;
}

/** Tests that do not hold for a provider, and why. One that does hold is an error: gaps must not rot. */
export interface Gap {
  readonly reason: string;
  readonly tests: readonly string[];
}
