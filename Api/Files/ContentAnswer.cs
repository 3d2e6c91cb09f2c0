using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Hosting;
using ChunkUpload.Api.Metrics;

namespace ChunkUpload.Api.Files;

/// <summary>Sends a file or some of its ranges to the client.</summary>
internal sealed class ContentAnswer(FileContent content, IReadOnlyList<ByteRange> ranges, ContentReader reader, ApiMeter meter) : IResult
{
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        var partial = response.StatusCode == StatusCodes.Status206PartialContent;
        var parts = ranges.Count > 1 ? new Parts(content, ranges) : null;

        response.ContentType = parts?.ContentType ?? content.ContentType;
        response.ContentLength = parts?.Length ?? ranges[0].Length;
        if (partial && parts is null)
            response.Headers.ContentRange = Parts.ContentRange(ranges[0], content.Size);
        if (HttpMethods.IsHead(httpContext.Request.Method))
            return;

        for (var i = 0; i < ranges.Count; i++)
        {
            if (parts is not null)
                await response.BodyWriter.WriteAsync(parts.Head(i), httpContext.RequestAborted);
            if (await reader.CopyAsync(
                    httpContext.Caller(), content.Upload, ranges[i], response.BodyWriter, ConnectionOutput.FilesOf(httpContext),
                    httpContext.RequestAborted) is { } failure)
            {
                await BreakOffAsync(httpContext, failure);
                return;
            }

            meter.Sent(ranges[i].Length);
        }

        if (parts is not null)
            await response.BodyWriter.WriteAsync(parts.Tail, httpContext.RequestAborted);
    }

    /// <summary>
    /// Before the first byte an error response is sent; after it, the connection is aborted to show that bytes are missing.
    /// </summary>
    private static async Task BreakOffAsync(HttpContext context, UploadFailure failure)
    {
        var response = context.Response;
        if (response.HasStarted || !response.BodyWriter.CanGetUnflushedBytes || response.BodyWriter.UnflushedBytes > 0)
        {
            context.Abort();
            return;
        }

        FileContent.ClearHeaders(response.Headers);
        response.Headers.ContentRange = default;
        response.ContentLength = null;
        await Refusal.Of(failure).ExecuteAsync(context);
    }

    /// <summary>Writes multipart/byteranges (RFC 9110, 14.6).</summary>
    private sealed class Parts
    {
        private readonly byte[][] _heads;

        public Parts(FileContent content, IReadOnlyList<ByteRange> ranges)
        {
            // A random boundary: content can contain it only by guessing 128 bits.
            var boundary = RandomNumberGenerator.GetHexString(32, lowercase: true);
            ContentType = $"multipart/byteranges; boundary={boundary}";
            _heads = [.. ranges.Select((range, index) => Encoding.ASCII.GetBytes(
                $"{(index == 0 ? "" : "\r\n")}--{boundary}\r\nContent-Type: {content.ContentType}\r\nContent-Range: "
                    + $"{ContentRange(range, content.Size)}\r\n\r\n"))];
            Tail = Encoding.ASCII.GetBytes($"\r\n--{boundary}--\r\n");
            Length = _heads.Sum(head => (long)head.Length) + ranges.Sum(range => range.Length) + Tail.Length;
        }

        public string ContentType { get; }

        public long Length { get; }

        public byte[] Tail { get; }

        public byte[] Head(int index) => _heads[index];

        public static string ContentRange(ByteRange range, long size) =>
            string.Create(CultureInfo.InvariantCulture, $"bytes {range.Offset}-{range.End - 1}/{size}");
    }
}
