import type * as Sdk from "@aws-sdk/client-s3";
import type * as Presigner from "@aws-sdk/s3-request-presigner";
import { type CallLimits, type Limiter, ProviderError } from "../../../../src/provider.ts";
import { optionalPackage } from "../../../aws/optional-package.ts";
import type { FargateConfig } from "../../config.ts";
import { asked, orNone, type SecretsClient } from "./client.ts";

/** Files in a bucket of S3, each object under the name that a secret would have. */
export interface Objects {
  readonly bucket: string;
  readonly client: Pick<SecretsClient, "create" | "arnOf" | "list" | "remove">;
  /** Reads the object of this ARN, for an hour and for whoever has the link. */
  link(arn: string): Promise<string>;
  /** Rejects where there is no such bucket, or burstlet may not list it. */
  look(): Promise<void>;
}

/** A task that has not begun by then fails, and another one follows. Seconds. */
const LINK_SECONDS = 3_600;
/** Far below what S3 allows of one prefix (3,500 changes, 5,500 reads a second). */
const limits: CallLimits = { burst: 100, rate: 100 };

type Packages = readonly [typeof Sdk, typeof Presigner];

export async function openObjects(
  { bucket = "", endpoint }: FargateConfig["files"],
  connection: Sdk.S3ClientConfig,
  limiter: (limits: CallLimits) => Limiter,
  load: () => Promise<Packages> = async () =>
    Promise.all([import("@aws-sdk/client-s3"), import("@aws-sdk/s3-request-presigner")]),
): Promise<Objects> {
  const [sdk, { getSignedUrl }] = await optionalPackage(
    load,
    "fargate.files.bucket needs the packages @aws-sdk/client-s3 and @aws-sdk/s3-request-presigner",
  );
  // An emulator has one name, and no name for each bucket.
  const style = { forcePathStyle: connection.endpoint !== undefined, followRegionRedirects: false };
  const client = new sdk.S3Client({ ...connection, ...style });
  const outside = endpoint === undefined ? client : new sdk.S3Client({ ...connection, ...style, endpoint });
  const pace = limiter(limits);
  return {
    bucket,
    client: storeOf({ sdk, client, bucket, pace }),
    link: async (arn) =>
      getSignedUrl(outside, new sdk.GetObjectCommand({ Bucket: bucket, Key: arn.slice(arn.indexOf("/") + 1) }), {
        expiresIn: LINK_SECONDS,
      }),
    async look() {
      await asked(pace, async () => client.send(new sdk.HeadBucketCommand({ Bucket: bucket })));
    },
  };
}

interface Parts {
  readonly sdk: typeof Sdk;
  readonly client: Sdk.S3Client;
  readonly bucket: string;
  readonly pace: Limiter;
}

function storeOf({ sdk, client, bucket, pace }: Parts): Objects["client"] {
  const arnOfKey = (key: string): string => `arn:aws:s3:::${bucket}/${key}`;
  return {
    async create(Key, content) {
      const Body = Buffer.from(content.reveal());
      const command = new sdk.PutObjectCommand({
        Bucket: bucket,
        Key,
        Body,
        IfNoneMatch: "*",
        ContentType: "text/plain",
      });
      try {
        await asked(pace, async () => client.send(command));
        return arnOfKey(Key);
      } catch (error) {
        if (error instanceof ProviderError && error.reason === "PreconditionFailed") return undefined;
        throw error;
      }
    },
    async arnOf(Key) {
      const command = new sdk.HeadObjectCommand({ Bucket: bucket, Key });
      return (await asked(pace, async () => orNone(client.send(command)))) && arnOfKey(Key);
    },
    async list(Prefix, signal) {
      const keys: string[] = [];
      let ContinuationToken: string | undefined;
      do {
        const command = new sdk.ListObjectsV2Command({ Bucket: bucket, Prefix, ContinuationToken });
        const page = await asked(pace, async () => client.send(command, { abortSignal: signal }), signal);
        keys.push(...(page.Contents ?? []).flatMap(({ Key = "" }) => Key));
        ContinuationToken = page.NextContinuationToken;
      } while (ContinuationToken !== undefined);
      return keys;
    },
    async remove(Key) {
      await asked(pace, async () => orNone(client.send(new sdk.DeleteObjectCommand({ Bucket: bucket, Key }))));
    },
  };
}
