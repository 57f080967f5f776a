/** The volumes whose files follow what they are made of, for as long as the pod runs. */
import { createHmac } from "node:crypto";
import type { Container, Pod } from "../../model/kube.ts";
import type { FilesVolume } from "../../model/resolved-pod.ts";
import { feedHash } from "../../model/secret-text.ts";
import { earliestRefresh, gather } from "../gather.ts";
import { collect, type ResolveNode, type ResolveProblem, type ResolveSources } from "../resolution.ts";
import { volumesOf } from "../volumes.ts";

export interface LiveFiles {
  /** Those that can be resolved at present. */
  readonly volumes: readonly FilesVolume[];
  /** What the others lack: the task keeps the files that it has. */
  readonly problems: readonly ResolveProblem[];
  /** As of Resolution. */
  readonly refreshAt: number | undefined;
}

export function hasLiveFiles({ spec }: Pod): boolean {
  return (spec?.volumes ?? []).some(
    ({ configMap, secret, downwardAPI, projected }) => (configMap ?? secret ?? downwardAPI ?? projected) !== undefined,
  );
}

/** Do files of this pod show something of itself that can be edited: labels, annotations, resources? */
export function showsEditable({ spec }: Pod): boolean {
  return (spec?.volumes ?? []).some(({ downwardAPI, projected }) => {
    const projections = (projected?.sources ?? []).flatMap((source) => source.downwardAPI?.items ?? []);
    return [...(downwardAPI?.items ?? []), ...projections].some(
      ({ fieldRef }) => fieldRef === undefined || /^metadata\.(labels|annotations)/.test(fieldRef.fieldPath),
    );
  });
}

/** Each volume as it would be written now. One that lacks something keeps no other from its news. Never rejects. */
export async function resolveFiles(pod: Pod, sources: ResolveSources, node: ResolveNode): Promise<LiveFiles> {
  const alone = withoutEnvironments(pod);
  const gathered = await gather(alone, sources, { tokensAnyway: true });
  const names = new Map((pod.spec?.volumes ?? []).map(({ name }, index) => [`spec.volumes[${index}]`, name]));
  const { value, problems } = collect(volumesOf({ pod: alone, node, gathered, serviceVariables: new Map() }));
  const lacking = new Set(problems.map(({ path }) => names.get(/^spec\.volumes\[\d+\]/.exec(path)?.[0] ?? "")));
  const volumes = value.filter((volume) => volume.kind === "files" && !lacking.has(volume.name)) as FilesVolume[];
  return { volumes, problems, refreshAt: earliestRefresh(gathered) };
}

/** What the environments refer to is not asked for. */
function withoutEnvironments(pod: Pod): Pod {
  const bare = ({ env: _env, envFrom: _envFrom, ...rest }: Container): Container => rest;
  const { containers = [], initContainers = [], imagePullSecrets: _secrets, ...spec } = pod.spec ?? {};
  return { ...pod, spec: { ...spec, containers: containers.map(bare), initContainers: initContainers.map(bare) } };
}

/** By which a volume's files are known again. Keyed, because they may be secrets. */
export type Fingerprint = (volume: FilesVolume) => string;

export function createFingerprint(key: Buffer): Fingerprint {
  return ({ files }) => {
    const hash = createHmac("sha256", key);
    for (const { path, mode, uid, encoding, content } of files) {
      hash.update(`${JSON.stringify([path, mode, uid ?? 0, encoding])}\n`);
      feedHash(hash, content);
    }
    return hash.digest("base64");
  };
}
