import { Late, SecretText, type LateName, type Text } from "../../../../../src/provider.ts";

export type LateValues = Readonly<Record<LateName, string>>;

/** The text itself. Called where it goes into a file of the task or into execve, and nowhere else. */
export function plain(text: Text, late: LateValues): string {
  const filled = text instanceof Late ? text.fill(late) : text;
  return filled instanceof SecretText ? filled.reveal() : filled;
}
