import { z } from "zod";

/** Where AWS is: fields of the configuration of every provider on it. Imports no SDK. */
export const connectionFields = {
  region: z
    .string()
    .regex(/^[a-z]{2,}(-[a-z]+)+-\d$/, "a region such as eu-central-1")
    .optional()
    .describe("Region of AWS; default AWS_REGION, then the region of the shared configuration file's profile.")
    .meta({ examples: ["eu-central-1"] }),
  endpoint: z
    .url()
    .optional()
    .describe("Endpoint of every AWS service, for emulators; default AWS_ENDPOINT_URL, then AWS itself.")
    .meta({ examples: ["http://127.0.0.1:4566"] }),
};
