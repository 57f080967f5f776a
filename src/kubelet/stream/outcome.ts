/** How a remote command ended, in the words of the protocols (k8s.io/cri-streaming remotecommand). Pure. */

/** `code`: the command's own, 0–255. `failure`: why there is none. */
export type Outcome = { readonly code: number } | { readonly failure: string };

/** Protocols before v4 carry plain text, and nothing on success; v4 and v5 a metav1.Status. */
export type StatusDialect = "text" | "json";

export function statusText(outcome: Outcome, dialect: StatusDialect): string {
  if ("failure" in outcome) {
    const message = `Internal error occurred: ${outcome.failure}`;
    if (dialect === "text") return message;
    const details = { causes: [{ message: outcome.failure }] };
    return status({ status: "Failure", message, reason: "InternalError", details, code: 500 });
  }
  if (outcome.code === 0) return dialect === "text" ? "" : status({ status: "Success" });
  const code = String(outcome.code);
  const message = `command terminated with non-zero exit code: ${code}`;
  if (dialect === "text") return message;
  // Clients take the exit code from the cause, as a decimal number.
  const details = { causes: [{ reason: "ExitCode", message: code }] };
  return status({ status: "Failure", message, reason: "NonZeroExitCode", details });
}

function status(fields: object): string {
  return JSON.stringify({ metadata: {}, ...fields });
}
