/** What is wrong with the bucket for files, with the command that mends it. Pure. */
import { type Finding, type Known, valueOf } from "../../../src/provider.ts";

export interface BucketFacts {
  readonly name: string;
  /** Is it there, and may we list it? S3 tells no more to who may not. */
  readonly isThere: Known<boolean>;
}

export function bucketFindings(bucket: BucketFacts | undefined, region: string): readonly Finding[] {
  if (bucket === undefined || valueOf(bucket.isThere) !== false) return [];
  const { name } = bucket;
  const place = region === "us-east-1" ? "" : ` --create-bucket-configuration LocationConstraint=${region}`;
  return [
    {
      message: `bucket ${name} of fargate.files does not exist, or burstlet may not list it (s3:ListBucket)`,
      fix:
        `aws s3api create-bucket --bucket ${name} --region ${region}${place}; aws iam put-role-policy --role-name <burstlet's role> ` +
        "--policy-name burstlet-files --policy-document file://deploy/iam/bucket.json",
    },
  ];
}
