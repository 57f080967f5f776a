/** What really happened to container groups; see `../ledger.ts`. `uid` tells groups of one name apart. */
interface OfGroup {
  readonly at: number;
  /** Resource id. */
  readonly group: string;
  readonly tags: Readonly<Record<string, string>>;
}

export type GroupEntry = OfGroup &
  (
    | {
        readonly event: "group put";
        /** `created` is the only one that made a group; `restarted`: it was there, and its containers start anew. */
        readonly outcome: "created" | "restarted" | "refused";
        readonly uid: string;
        readonly location: string;
        /** Of a refusal: code and message. */
        readonly reason?: string | undefined;
      }
    | { readonly event: "group delete"; readonly outcome: "deleting" | "absent" | "refused"; readonly uid: string }
    | {
        /** The containers of the group are given to the runtime: the nth time of this group. */
        readonly event: "group run";
        readonly uid: string;
        readonly deployment: number;
      }
    | {
        readonly event: "container ended";
        readonly uid: string;
        readonly container: string;
        readonly restartCount: number;
        /** `null` where nobody knows. */
        readonly exitCode: number | null;
      }
    | {
        /** Nothing of it runs by itself any more. */
        readonly event: "group ended";
        readonly uid: string;
        readonly state: string;
        readonly exitCodes: Readonly<Record<string, number | null>>;
      }
    | { readonly event: "group gone"; readonly uid: string }
  );
