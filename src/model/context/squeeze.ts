/** A quota that others use too was found used up: what this node had of it then. */
export interface Squeeze {
  readonly pods: number;
  readonly vcpu: number;
  /** Monotonic milliseconds. */
  readonly at: number;
}

/** Minutes for which a squeezed node promises just what it had; then a tenth more each minute, until it is full size again. */
const HOLD_MINUTES = 3;

/** What a node of this size may promise. In pods as well, for a pod may take more of the quota than it asks for. Pure. */
export function squeezed(
  full: { readonly vcpu: number; readonly pods: number },
  squeeze: Squeeze | undefined,
  now: number,
): { readonly vcpu: number; readonly pods: number } {
  if (squeeze === undefined) return full;
  const minutes = Math.max(0, (now - squeeze.at) / 60_000 - HOLD_MINUTES);
  const grown = (from: number): number => from * 1.1 ** minutes + minutes;
  return {
    vcpu: Math.min(full.vcpu, Math.round(grown(squeeze.vcpu) * 100) / 100),
    pods: Math.min(full.pods, Math.floor(grown(squeeze.pods))),
  };
}
