/** What runs after a container has started, or before it is told to end. */
export type HookSpec =
  /** In the container; exit code 0 is success. */
  | { readonly kind: "exec"; readonly argv: readonly string[] }
  /** To a port of the task; any answer is success, as with the kubelet (pkg/kubelet/lifecycle/handlers.go, runHTTPHandler). */
  | {
      readonly kind: "http";
      readonly scheme: "http" | "https";
      readonly port: number;
      readonly path: string;
      readonly headers: readonly { readonly name: string; readonly value: string }[];
    }
  | { readonly kind: "sleep"; readonly seconds: number };
