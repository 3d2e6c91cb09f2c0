using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Amazon.Runtime;
using Amazon.S3.Model;
using ChunkUpload.Core.Storage;
using ByteRange = Amazon.S3.Model.ByteRange;

namespace ChunkUpload.Infrastructure.Storage.S3;

/// <summary>
/// Reads an object. Every window is of the content that was found when the reader was opened: after that, the object is not reported as
/// missing, because it may have been moved to another store and deleted.
/// </summary>
internal sealed class BucketReader(BucketClient client, string key, BucketObject found) : WindowReader(found.Length)
{
    protected override int Repeats => 2;

    protected override async Task<Window> OpenAsync(long offset, long end, CancellationToken cancellationToken)
    {
        try
        {
            var answer = await client.SendAsync(
                (s3, stop) => s3.GetObjectAsync(
                    new GetObjectRequest
                    {
                        BucketName = client.Bucket,
                        Key = key,
                        ByteRange = new ByteRange(offset, end - 1),
                        EtagToMatch = found.Tag.Length > 0 ? found.Tag : null,
                    },
                    stop),
                cancellationToken);
            var range = string.Create(CultureInfo.InvariantCulture, $"bytes {offset}-{end - 1}/{Length}");
            if (answer.HttpStatusCode == HttpStatusCode.PartialContent && answer.ContentRange == range
                && answer.ContentLength == end - offset)
                return new Window(answer, answer.ResponseStream, offset, end);
            answer.Dispose();
            throw new StoreException(StoreError.Unreachable, "The file is in the bucket, which sent another range than was asked for.");
        }
        catch (BucketException reason)
        {
            throw reason.ToStoreException();
        }
    }

    protected override bool IsFailure(Exception reason) =>
        reason is HttpRequestException or IOException or SocketException or OperationCanceledException or ObjectDisposedException
            or AmazonClientException or StoreException;

    protected override StoreException Failed(Exception reason) =>
        reason as StoreException ?? new StoreException(
            StoreError.Unreachable, $"The file is in the bucket, and could not be read from it ({reason.Message.TrimEnd('.')}).", reason);
}
