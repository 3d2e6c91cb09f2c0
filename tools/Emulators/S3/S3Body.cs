using System.Buffers;
using System.Globalization;
using System.IO.Hashing;
using System.Security.Cryptography;
using System.Text;
using ChunkUpload.Emulators.Content;
using ChunkUpload.Emulators.Control;
using Microsoft.AspNetCore.Http;

namespace ChunkUpload.Emulators.S3;

/// <summary>A content that was received, with the checksum that its client has sent for it.</summary>
internal sealed record S3Received(StoredContent Content, (string Name, string Value)? Checksum);

/// <summary>
/// Receives a body: as it is, or in signed pieces (<c>aws-chunked</c>), and compares whatever digests came with it. A body that was damaged
/// is never kept.
/// </summary>
internal sealed class S3Body(EmulatorContext context)
{
    private const string Prefix = "x-amz-checksum-";
    private const string Streaming = "STREAMING-";
    private const int LargestLine = 8192;

    private static readonly string[] Known = ["sha256", "sha1", "crc32"];

    public async Task<S3Received> ReceiveAsync(HttpContext http, S3Signed signed, bool discard)
    {
        var headers = http.Request.Headers;
        var payload = headers["x-amz-content-sha256"].ToString();
        var streams = payload.StartsWith(Streaming, StringComparison.Ordinal);
        if (streams && !context.Switches.IsOn("streaming"))
            throw new S3Exception("NotImplemented");
        var checksums = headers.Where(one => one.Key.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase)
            && Known.Contains(one.Key[Prefix.Length..], StringComparer.OrdinalIgnoreCase))
            .ToDictionary(one => one.Key.ToLowerInvariant(), one => one.Value.ToString());
        if (context.Switches.IsOn("refuseChecksums") && (checksums.Count > 0 || headers.ContainsKey("x-amz-trailer")))
            throw new S3Exception("NotImplemented");

        await using var writer = context.Content.Create(discard);
        var crc = new Crc32();
        var length = streams
            ? await ReadChunksAsync(http, signed, payload, checksums, AppendAsync)
            : await ReadAsync(http.Request.Body, AppendAsync, http.RequestAborted);
        var announced = streams ? headers["x-amz-decoded-content-length"].ToString()
            : http.Request.ContentLength?.ToString(CultureInfo.InvariantCulture) ?? "";
        if (announced != length.ToString(CultureInfo.InvariantCulture))
            throw new S3Exception("IncompleteBody");
        var content = writer.Finish();
        try
        {
            Compare(content.Hashes, crc, payload, streams, headers.ContentMD5.ToString(), checksums);
        }
        catch
        {
            content.Release();
            throw;
        }

        return new S3Received(
            content,
            context.Switches.IsOn("checksums") ? checksums.Select(one => ((string, string)?)(one.Key, one.Value)).FirstOrDefault() : null);

        async ValueTask AppendAsync(ReadOnlyMemory<byte> bytes)
        {
            crc.Append(bytes.Span);
            await writer.AppendAsync(bytes, http.RequestAborted);
        }
    }

    private static void Compare(
        ContentHashes hashes, Crc32 crc, string payload, bool streams, string md5, IReadOnlyDictionary<string, string> checksums)
    {
        if (!streams && payload is not ("" or "UNSIGNED-PAYLOAD") && payload != hashes.Sha256)
            throw new S3Exception("XAmzContentSHA256Mismatch");
        if (md5.Length > 0 && md5 != Base64(hashes.Md5))
            throw new S3Exception("BadDigest");
        foreach (var (name, value) in checksums)
        {
            var ours = name[Prefix.Length..] switch
            {
                "sha256" => Base64(hashes.Sha256),
                "sha1" => Base64(hashes.Sha1),
                _ => Convert.ToBase64String(BitConverter.GetBytes(crc.GetCurrentHashAsUInt32()).AsEnumerable().Reverse().ToArray()),
            };
            if (value != ours)
                throw new S3Exception("BadDigest", message: $"The {name} you specified did not match the calculated checksum.");
        }
    }

    public static string Base64(string hex) => Convert.ToBase64String(Convert.FromHexString(hex));

    private static async Task<long> ReadAsync(
        Stream body, Func<ReadOnlyMemory<byte>, ValueTask> append, CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(256 * 1024);
        try
        {
            long length = 0;
            for (int read; (read = await body.ReadAsync(buffer, cancellationToken)) > 0; length += read)
                await append(buffer.AsMemory(0, read));
            return length;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Pieces with their sizes and signatures before them, then what comes behind the body.</summary>
    private static async Task<long> ReadChunksAsync(
        HttpContext http, S3Signed signed, string payload, Dictionary<string, string> checksums,
        Func<ReadOnlyMemory<byte>, ValueTask> append)
    {
        var stop = http.RequestAborted;
        var isSigned = !payload.Contains("UNSIGNED", StringComparison.Ordinal);
        await using var body = new BufferedStream(http.Request.Body, 256 * 1024);
        var former = signed.Signature;
        long length = 0;
        while (true)
        {
            var line = await LineAsync(body, stop);
            var mark = line.IndexOf(';');
            if (!int.TryParse(mark < 0 ? line : line[..mark], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var size)
                || size < 0)
                throw new S3Exception("IncompleteBody");
            var bytes = new byte[size];
            if (await body.ReadAtLeastAsync(bytes, size, throwOnEndOfStream: false, stop) < size)
                throw new S3Exception("IncompleteBody");
            if (isSigned)
            {
                var wanted = signed.SignatureOf(
                    $"AWS4-HMAC-SHA256-PAYLOAD\n{signed.Date}\n{signed.Scope}\n{former}\n{S3Signature.Nothing}\n"
                    + Convert.ToHexStringLower(SHA256.HashData(bytes)));
                if (mark < 0 || line[mark..] != $";chunk-signature={wanted}")
                    throw new S3Exception("SignatureDoesNotMatch");
                former = wanted;
            }

            if (size == 0)
                break;
            await append(bytes);
            length += size;
            if ((await LineAsync(body, stop)).Length > 0)
                throw new S3Exception("IncompleteBody");
        }

        await ReadTrailersAsync(http, signed, isSigned, former, body, checksums);
        return length;
    }

    private static async Task ReadTrailersAsync(
        HttpContext http, S3Signed signed, bool isSigned, string former, Stream body, Dictionary<string, string> checksums)
    {
        var text = new StringBuilder();
        string? signature = null;
        for (string line; (line = await LineAsync(body, http.RequestAborted)).Length > 0;)
        {
            if (line.Split(':', 2) is not [var name, var value])
                throw new S3Exception("IncompleteBody");
            if (name == "x-amz-trailer-signature")
            {
                signature = value;
                continue;
            }

            _ = text.Append(name).Append(':').Append(value).Append('\n');
            if (name.StartsWith(Prefix, StringComparison.Ordinal) && Known.Contains(name[Prefix.Length..]))
                checksums[name] = value;
        }

        var announced = http.Request.Headers["x-amz-trailer"].ToString();
        if (announced.Length > 0 && !text.ToString().StartsWith(announced + ":", StringComparison.OrdinalIgnoreCase))
            throw new S3Exception("InvalidRequest", message: "The announced trailer has not come.");
        if (isSigned && text.Length > 0)
        {
            var digest = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())));
            if (signature != signed.SignatureOf($"AWS4-HMAC-SHA256-TRAILER\n{signed.Date}\n{signed.Scope}\n{former}\n{digest}"))
                throw new S3Exception("SignatureDoesNotMatch");
        }
    }

    /// <summary>Empty at the end.</summary>
    private static async Task<string> LineAsync(Stream body, CancellationToken cancellationToken)
    {
        var line = new StringBuilder();
        var one = new byte[1];
        while (await body.ReadAsync(one, cancellationToken) > 0 && one[0] != '\n')
        {
            if (line.Length == LargestLine)
                throw new S3Exception("IncompleteBody");
            if (one[0] != '\r')
                _ = line.Append((char)one[0]);
        }

        return line.ToString();
    }
}
