using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text.Json;
using ChunkUpload.Client.Http;
using ChunkUpload.Client.Progress;
using ChunkUpload.Client.Retrying;
using ChunkUpload.Client.Uploads;
using Microsoft.Win32.SafeHandles;

namespace ChunkUpload.Client.Downloads;

/// <summary>
/// Finds out which ranges of a downloaded file are wrong, so that a flipped bit costs one range and not the file: the service gives the
/// SHA-256 of each piece of what it has, and the local file is hashed in the same pieces.
/// </summary>
internal sealed class RangeComparison(ServiceCalls calls, Attempts attempts, ProgressBoard board, TimeProvider time)
{
    private const string Query = "?digests=true";
    private const int MostPieces = 4096;
    private const int MostPiece = 64 << 20;
    private const int MostAnswerBytes = 1 << 20;

    /// <returns>The ranges whose bytes differ from those of the service; <c>null</c> if the service does not give digests.</returns>
    public async Task<RangeSet?> FindAsync(RemoteFile file, SafeFileHandle local, CancellationToken stop)
    {
        try
        {
            return await CompareAsync(file, local, stop);
        }
        catch (TransferException failure) when (failure.Failure is TransferFailure.InvalidAnswer or TransferFailure.Refused)
        {
            return null;
        }
    }

    private async Task<RangeSet?> CompareAsync(RemoteFile file, SafeFileHandle local, CancellationToken stop)
    {
        board.Enter(TransferPhase.Verifying);
        var wrong = new RangeSet();
        for (long at = 0; at < file.Size;)
        {
            var from = at;
            if (await attempts.PersistAsync(_ => AskAsync(file, from, stop), stop) is not { } pieces)
                return null;
            foreach (var expected in pieces.Sha256)
            {
                var length = (int)Math.Min(pieces.Piece, file.Size - at);
                if (length <= 0)
                    throw TransferException.Invalid("The service gives digests of more than the file has.");
                if (await DigestAsync(local, at, length, stop) != expected)
                    wrong.Add(at, length);
                at += length;
            }
        }

        return wrong;
    }

    private async Task<PieceDigestsAnswer?> AskAsync(RemoteFile file, long from, CancellationToken stop)
    {
        using var guard = new StallGuard(time, board.Advice.StallTimeout, stop);
        var request = calls.Request(HttpMethod.Get, file.Address + Query, ("If-Match", file.Tag));
        request.Headers.Range = new RangeHeaderValue(from, file.Size - 1);
        using var answer = await calls.OpenAsync(request, guard);
        // An older service sends the content itself.
        if (answer.StatusCode != HttpStatusCode.OK || answer.Content.Headers.ContentType?.MediaType != "application/json")
            return null;
        try
        {
            await using var body = await answer.Content.ReadAsStreamAsync(guard.Token);
            var bytes = new byte[MostAnswerBytes];
            var length = await body.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, guard.Token);
            return JsonSerializer.Deserialize(bytes.AsSpan(0, length), ClientJson.Default.PieceDigestsAnswer) is { } pieces
                && pieces.Offset == from && pieces.Piece is > 0 and <= MostPiece && pieces.Sha256 is { Count: > 0 and <= MostPieces }
                ? pieces
                : throw TransferException.Invalid("The service gives digests in another form than any.");
        }
        catch (JsonException failure)
        {
            throw TransferException.Network("Not all of the answer came.", failure);
        }
        catch (Exception failure) when (calls.Classify(failure, guard) is { } known)
        {
            throw known;
        }
    }

    private static async Task<string> DigestAsync(SafeFileHandle file, long offset, int length, CancellationToken stop)
    {
        var bytes = new byte[length];
        for (var read = 0; read < length;)
        {
            var count = await RandomAccess.ReadAsync(file, bytes.AsMemory(read), offset + read, stop);
            if (count == 0)
                throw TransferException.Local("The file became shorter while it was verified.");
            read += count;
        }

        return Convert.ToHexStringLower(SHA256.HashData(bytes));
    }
}
