// S3 by the AWS SDK for JavaScript v3: part of sdk.mjs.
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { Agent } from "node:http";
import { Readable } from "node:stream";
import * as s3 from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";

export function objectTests(settings) {
  const client = new s3.S3Client({ ...settings, forcePathStyle: true });
  // The bucket in the name of the host, whose address is this machine's whatever it is.
  const port = new URL(settings.endpoint).port;
  const lookup = (host, options, done) => (options.all
    ? done(null, [{ address: "127.0.0.1", family: 4 }]) : done(null, "127.0.0.1", 4));
  const virtual = new s3.S3Client({
    ...settings,
    endpoint: `http://s3.localhost:${port}`,
    requestHandler: { httpAgent: new Agent({ lookup }) },
  });
  const md5 = (bytes) => createHash("md5").update(bytes).digest("hex");

  return {
    async "S3: an object and its checksum"() {
      await client.send(new s3.CreateBucketCommand({ Bucket: "js-box" }));
      const put = await client.send(new s3.PutObjectCommand({
        Bucket: "js-box", Key: "a b/\u00e4+", Body: "hello", Metadata: { colour: "red" },
      }));
      assert.equal(put.ETag, `"${md5("hello")}"`);
      assert.ok(put.ChecksumCRC32);
      const got = await client.send(
        new s3.GetObjectCommand({ Bucket: "js-box", Key: "a b/\u00e4+" }),
      );
      assert.equal(await got.Body.transformToString(), "hello");
      assert.deepEqual(got.Metadata, { colour: "red" });
      for (const ChecksumAlgorithm of ["CRC32C", "SHA1", "SHA256"]) {
        const again = await client.send(new s3.PutObjectCommand({
          Bucket: "js-box", Key: "sum", Body: Readable.from([Buffer.alloc(100_000, 1)]),
          ContentLength: 100_000, ChecksumAlgorithm,
        }));
        assert.ok(again[`Checksum${ChecksumAlgorithm}`]);
      }
      await assert.rejects(client.send(new s3.GetObjectCommand({ Bucket: "js-box", Key: "none" })),
        s3.NoSuchKey);
      await assert.rejects(client.send(new s3.HeadObjectCommand({ Bucket: "js-box", Key: "none" })),
        s3.NotFound);
      await assert.rejects(client.send(new s3.ListObjectsV2Command({ Bucket: "nothing" })),
        s3.NoSuchBucket);
    },

    async "S3: an upload in parts"() {
      const body = randomBytes(12 << 20);
      const upload = new Upload({
        client, partSize: 5 << 20, queueSize: 3,
        params: { Bucket: "js-box", Key: "large", Body: Readable.from([body]) },
      });
      const done = await upload.done();
      assert.match(done.ETag, /-3"$/);
      const got = await client.send(new s3.GetObjectCommand({ Bucket: "js-box", Key: "large" }));
      assert.equal(md5(await got.Body.transformToByteArray()), md5(body));
      const part = await client.send(new s3.GetObjectCommand({
        Bucket: "js-box", Key: "large", Range: "bytes=5242870-5242889",
      }));
      assert.deepEqual(Buffer.from(await part.Body.transformToByteArray()),
        body.subarray(5242870, 5242890));
    },

    async "S3: pages of a list, and many removed at once"() {
      for (let i = 0; i < 12; ++i) {
        await client.send(new s3.PutObjectCommand({
          Bucket: "js-box", Key: `list/${i % 3}/${i}`, Body: `${i}`,
        }));
      }
      const keys = [];
      for await (const page of s3.paginateListObjectsV2({ client, pageSize: 5 },
        { Bucket: "js-box", Prefix: "list/" })) {
        keys.push(...page.Contents.map((c) => c.Key));
      }
      assert.equal(keys.length, 12);
      const folders = await client.send(new s3.ListObjectsV2Command({
        Bucket: "js-box", Prefix: "list/", Delimiter: "/",
      }));
      assert.deepEqual(folders.CommonPrefixes.map((p) => p.Prefix),
        ["list/0/", "list/1/", "list/2/"]);
      const removed = await client.send(new s3.DeleteObjectsCommand({
        Bucket: "js-box", Delete: { Objects: keys.map((Key) => ({ Key })) },
      }));
      assert.equal(removed.Deleted.length, 12);
    },

    async "S3: a bucket in the host's name"() {
      await virtual.send(new s3.PutObjectCommand({ Bucket: "js-box", Key: "host", Body: "there" }));
      const got = await virtual.send(new s3.GetObjectCommand({ Bucket: "js-box", Key: "host" }));
      assert.equal(await got.Body.transformToString(), "there");
    },
  };
}
