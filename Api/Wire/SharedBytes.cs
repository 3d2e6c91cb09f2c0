using System.IO.Compression;
using System.Security.Cryptography;
using Microsoft.Net.Http.Headers;

namespace ChunkUpload.Api.Wire;

/// <summary>Bytes that many responses share, plain and compressed, each form with its entity tag.</summary>
internal sealed class SharedBytes
{
    // The bytes have an entity tag, so no date is needed.
    private static readonly DateTimeOffset NoDate = DateTimeOffset.MaxValue;

    private readonly Form _plain;
    private readonly Form[] _coded;

    /// <param name="bytes">The bytes to send.</param>
    /// <param name="brotli">The bytes compressed with Brotli, if available.</param>
    public SharedBytes(byte[] bytes, byte[]? brotli = null)
    {
        var tag = Convert.ToHexStringLower(SHA256.HashData(bytes))[..32];
        _plain = new Form(bytes, null, $"\"{tag}\"");
        _coded =
        [
            new Form(brotli ?? Compress(bytes, target => new BrotliStream(target, CompressionLevel.Optimal)), "br", $"\"{tag}-br\""),
            new Form(Compress(bytes, target => new GZipStream(target, CompressionLevel.Optimal)), "gzip", $"\"{tag}-gzip\""),
        ];
    }

    /// <summary>
    /// Answers GET and HEAD, as a file that may change unless the caller has set another Cache-Control: 1. select the form that the client
    /// prefers; 2. compare its entity tag; 3. send the bytes.
    /// </summary>
    public async Task SendAsync(HttpContext context, string contentType)
    {
        // 1. Select the form that the client prefers.
        var form = PreferredBy(context.Request);
        var headers = context.Response.Headers;
        headers.Append(HeaderNames.Vary, HeaderNames.AcceptEncoding);
        if (headers.CacheControl.Count == 0)
            headers.CacheControl = "no-cache";

        // 2. Compare its entity tag.
        headers.ETag = form.ETag;
        if (Preconditions.Check(context.Request, EntityTagHeaderValue.Parse(form.ETag), NoDate) == Precondition.NotModified)
        {
            context.Response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        // 3. Send the bytes.
        context.Response.ContentType = contentType;
        context.Response.ContentLength = form.Bytes.Length;
        if (form.Coding is { } coding)
            headers.ContentEncoding = coding;
        if (!HttpMethods.IsHead(context.Request.Method))
            _ = await context.Response.BodyWriter.WriteAsync(form.Bytes, context.RequestAborted);
    }

    private Form PreferredBy(HttpRequest request) =>
        StringWithQualityHeaderValue.TryParseList(request.Headers.AcceptEncoding, out var accepted)
            ? _coded.FirstOrDefault(form => accepted.Any(coding =>
                coding.Quality is not 0 && coding.Value.Equals(form.Coding, StringComparison.OrdinalIgnoreCase))) ?? _plain
            : _plain;

    private static byte[] Compress(byte[] bytes, Func<Stream, Stream> coder)
    {
        using var compressed = new MemoryStream();
        using (var stream = coder(compressed))
            stream.Write(bytes);
        return compressed.ToArray();
    }

    private sealed record Form(ReadOnlyMemory<byte> Bytes, string? Coding, string ETag);
}
