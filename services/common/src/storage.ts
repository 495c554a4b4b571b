import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  NotFound,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import {getSignedUrl} from '@aws-sdk/s3-request-presigner'
import type * as z from 'zod'

import type {storageSettings} from './settings.ts'

export interface StoredObject {
  readonly sizeBytes: number
  readonly contentType: string
}

/** The bucket of PixelPulse, on S3 or on a server that speaks its protocol. Credentials come from the usual places of AWS. */
export interface Storage {
  put(key: string, body: Uint8Array, contentType: string): Promise<void>
  get(key: string): Promise<Uint8Array>
  /** The first bytes of it. */
  getStart(key: string, bytes: number): Promise<Uint8Array>
  /** undefined: there is none. */
  head(key: string): Promise<StoredObject | undefined>
  remove(key: string): Promise<void>
  /** An address for a browser to send exactly so many bytes of this type to, once, soon. */
  uploadUrl(
    key: string,
    options: {contentType: string; sizeBytes: number; expiresSeconds: number},
  ): Promise<string>
  /** An address for a browser to fetch it from. */
  downloadUrl(key: string, options: {expiresSeconds: number; fileName?: string}): Promise<string>
  ping(): Promise<void>
}

export function createStorage(settings: z.output<typeof storageSettings>): Storage {
  const Bucket = settings.S3_BUCKET
  const client = clientAt(settings.S3_REGION, settings.S3_ENDPOINT)
  const publicClient = clientAt(settings.S3_REGION, settings.S3_PUBLIC_ENDPOINT ?? settings.S3_ENDPOINT)
  const body = async (Key: string, Range?: string) => {
    const answer = await client.send(new GetObjectCommand({Bucket, Key, Range}))
    return (await answer.Body?.transformToByteArray()) ?? new Uint8Array()
  }
  return {
    async put(Key, Body, ContentType) {
      await client.send(new PutObjectCommand({Bucket, Key, Body, ContentType}))
    },
    get: (key) => body(key),
    getStart: (key, bytes) => body(key, `bytes=0-${bytes - 1}`),
    async head(Key) {
      try {
        const {ContentLength = 0, ContentType = ''} = await client.send(new HeadObjectCommand({Bucket, Key}))
        return {sizeBytes: ContentLength, contentType: ContentType}
      } catch (error) {
        if (error instanceof NotFound) return undefined
        throw error
      }
    },
    async remove(Key) {
      await client.send(new DeleteObjectCommand({Bucket, Key}))
    },
    uploadUrl: (Key, {contentType, sizeBytes, expiresSeconds}) =>
      getSignedUrl(
        publicClient,
        new PutObjectCommand({Bucket, Key, ContentType: contentType, ContentLength: sizeBytes}),
        // Signed with the address, so that another size or type is refused by the server itself.
        {expiresIn: expiresSeconds, signableHeaders: new Set(['content-type', 'content-length', 'host'])},
      ),
    downloadUrl: (Key, {expiresSeconds, fileName}) =>
      getSignedUrl(
        publicClient,
        new GetObjectCommand({
          Bucket,
          Key,
          ResponseContentDisposition:
            fileName && `attachment; filename="${fileName.replaceAll(/[^\w. -]/g, '_')}"`,
        }),
        {expiresIn: expiresSeconds},
      ),
    async ping() {
      await client.send(new HeadBucketCommand({Bucket}), {abortSignal: AbortSignal.timeout(1000)})
    },
  }
}

function clientAt(region: string, endpoint: string | undefined): S3Client {
  return new S3Client({
    region,
    ...(endpoint === undefined ? {} : {endpoint, forcePathStyle: true}),
    maxAttempts: 5,
    // A checksum would be part of what a presigned address asks a browser for.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  })
}
