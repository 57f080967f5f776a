/** Who may write into a queue, by its resource policy. */

/** A policy that lets EventBridge in, as the console of AWS writes it for a rule. */
export const eventBridge = JSON.stringify({
  Version: "2012-10-17",
  Statement: [
    { Effect: "Allow", Principal: { Service: "events.amazonaws.com" }, Action: "sqs:SendMessage", Resource: "*" },
  ],
});

/** Conditions of the policy are not looked at. */
export function letsEventBridgeIn({ Policy = "" }: Readonly<Record<string, string>>): boolean {
  return Policy.includes('"events.amazonaws.com"');
}
