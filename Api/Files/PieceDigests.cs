using System.IO.Pipelines;
using System.Security.Cryptography;
using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;

namespace ChunkUpload.Api.Files;

/// <summary>
/// Returns the SHA-256 of each piece of a file instead of its bytes, so that a client with a damaged copy can find out which ranges to
/// download again. A response covers a limited number of bytes; the client requests the rest separately.
/// </summary>
internal sealed class PieceDigests(FileContent content, ByteRange range, ContentReader reader) : IResult
{
    /// <summary>The query parameter that requests digests.</summary>
    public const string Query = "digests";

    private const int Piece = 4 << 20;

    // A slow disk needs some seconds to read this number of bytes.
    private const long MostBytes = 128 << 20;

    public static bool IsAskedFor(HttpRequest request) =>
        HttpMethods.IsGet(request.Method) && request.Query.TryGetValue(Query, out var value) && value == "true";

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        FileContent.ClearHeaders(httpContext.Response.Headers);
        var digests = new List<string>();
        var end = Math.Min(range.End, range.Offset + MostBytes);
        for (var at = range.Offset; at < end; at += Piece)
        {
            using var hash = SHA256.Create();
            await using var sink = new CryptoStream(Stream.Null, hash, CryptoStreamMode.Write);
            var pipe = PipeWriter.Create(sink, new StreamPipeWriterOptions(leaveOpen: true));
            var failure = await reader.CopyAsync(
                httpContext.Caller(), content.Upload, new ByteRange(at, Math.Min(Piece, content.Size - at)), pipe, null,
                httpContext.RequestAborted);
            await pipe.CompleteAsync();
            if (failure is not null)
            {
                httpContext.Response.StatusCode = StatusCodes.Status200OK;
                await Refusal.Of(failure).ExecuteAsync(httpContext);
                return;
            }

            await sink.FlushFinalBlockAsync(httpContext.RequestAborted);
            digests.Add(Convert.ToHexStringLower(hash.Hash!));
        }

        await JsonAnswer.Of(new PieceDigestsView(range.Offset, Piece, digests), ApiJson.Out.PieceDigestsView).ExecuteAsync(httpContext);
    }
}

/// <summary>The digests of consecutive pieces.</summary>
/// <param name="Offset">Where the first piece begins.</param>
/// <param name="Piece">The bytes of each piece; the last one of the file may be shorter.</param>
/// <param name="Sha256">Their digests.</param>
internal sealed record PieceDigestsView(long Offset, int Piece, IReadOnlyList<string> Sha256);
