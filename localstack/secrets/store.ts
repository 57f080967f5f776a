import type { Clock } from "../../src/model/clock.ts";
import type { ScenarioBox } from "../scenario/box.ts";
import { ApiError } from "../server/service.ts";
import type { SecretTag } from "./inputs.ts";

/** Times are wall milliseconds of the stand-in's clock. */
export interface SecretRecord {
  readonly name: string;
  readonly arn: string;
  readonly description: string | undefined;
  readonly createdAt: number;
  tags: readonly SecretTag[];
  content: string;
  version: string;
  changedAt: number;
  /** Scheduled for that time; until then nobody can read it. */
  deletedAt?: number | undefined;
  /** How often ECS has read it. */
  reads: number;
}

export interface NewSecret {
  readonly name: string;
  readonly content: string;
  readonly version: string;
  readonly description: string | undefined;
  readonly tags: readonly SecretTag[];
}

export interface SecretStore {
  readonly all: readonly SecretRecord[];
  create(secret: NewSecret): SecretRecord;
  /** By name or ARN, also without the six characters at its end; scheduled ones too. Throws ResourceNotFoundException. */
  find(id: string): SecretRecord;
  /** As `find`, of one that can be read. */
  live(id: string): SecretRecord;
  /** At once; what is not there is gone already. */
  drop(id: string): void;
}

/** Texts of AWS. */
const refused = {
  missing: () => new ApiError("ResourceNotFoundException", "Secrets Manager can't find the specified secret."),
  exists: (name: string) =>
    new ApiError("ResourceExistsException", `The operation failed because the secret ${name} already exists.`),
  scheduled: () =>
    new ApiError(
      "InvalidRequestException",
      "You can't create this secret because a secret with this name is already scheduled for deletion.",
    ),
  marked: () =>
    new ApiError(
      "InvalidRequestException",
      "You can't perform this operation on the secret because it was marked for deletion.",
    ),
} as const;

export function createSecretStore(clock: Clock, scenario: ScenarioBox, newId: () => string): SecretStore {
  const secrets = new Map<string, SecretRecord>();
  /** Names that may not be taken again yet: a removal takes its time. Until when. */
  const fading = new Map<string, number>();
  const overdue = (): void => {
    const now = clock.now();
    for (const [name, { deletedAt }] of secrets) if (deletedAt !== undefined && deletedAt <= now) secrets.delete(name);
    for (const [name, until] of fading) if (until <= now) fading.delete(name);
  };
  const search = (id: string): SecretRecord | undefined => {
    overdue();
    if (!id.startsWith("arn:")) return secrets.get(id);
    return [...secrets.values()].find(({ arn }) => arn === id || arn.slice(0, -7) === id);
  };
  const store: SecretStore = {
    get all() {
      overdue();
      return [...secrets.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
    },
    create({ name, content, version, description, tags }) {
      const known = search(name);
      if (known?.deletedAt !== undefined || fading.has(name)) throw refused.scheduled();
      if (known?.version === version && known.content === content) return known;
      if (known !== undefined) throw refused.exists(name);
      const { region, account } = scenario.now;
      const arn = `arn:aws:secretsmanager:${region}:${account}:secret:${name}-${newId().slice(0, 6)}`;
      const at = clock.now();
      const made = { name, arn, description, content, version, tags, createdAt: at, changedAt: at, reads: 0 };
      secrets.set(name, made);
      return made;
    },
    find(id) {
      const found = search(id);
      if (found === undefined) throw refused.missing();
      return found;
    },
    live(id) {
      const found = store.find(id);
      if (found.deletedAt === undefined) return found;
      throw refused.marked();
    },
    drop(id) {
      const found = search(id);
      if (found === undefined) return;
      secrets.delete(found.name);
      fading.set(found.name, clock.now() + scenario.now.times.forget * 1000);
    },
  };
  return store;
}
