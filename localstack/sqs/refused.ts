import { ApiError } from "../server/service.ts";

/** Beside its own name an error has that of the older query protocol in a header, as AWS says it. */
function error(type: string, query: string, message: string): ApiError {
  return new ApiError(`com.amazonaws.sqs#${type}`, message, 400, {
    headers: { "x-amzn-query-error": `${query};Sender` },
  });
}

export const refused = {
  missing: () =>
    error("QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue", "The specified queue does not exist."),
  exists: () =>
    error(
      "QueueNameExists",
      "QueueAlreadyExists",
      "A queue already exists with the same name and a different value for attribute(s).",
    ),
  tooMany: (count: number) =>
    error(
      "TooManyEntriesInBatchRequest",
      "AWS.SimpleQueueService.TooManyEntriesInBatchRequest",
      `Maximum number of entries per request are 10. You have sent ${count}.`,
    ),
  sameIds: () =>
    error(
      "BatchEntryIdsNotDistinct",
      "AWS.SimpleQueueService.BatchEntryIdsNotDistinct",
      "Two or more batch entries have the same Id.",
    ),
} as const;
