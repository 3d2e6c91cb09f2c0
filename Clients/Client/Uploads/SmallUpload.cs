using ChunkUpload.Client.Http;
using ChunkUpload.Client.Progress;
using ChunkUpload.Client.Retrying;
using ChunkUpload.Client.State;
using ChunkUpload.Wire;

namespace ChunkUpload.Client.Uploads;

/// <summary>
/// Sends a small file to its path in one request. A request that breaks off is not repeated whole: the chunks of a session keep what came.
/// On a link that is slow, or not known, only a very small one is sent so, because what a request has sent before it breaks is lost.
/// </summary>
internal sealed class SmallUpload(ServiceCalls calls, Attempts attempts, ProgressBoard board, StateFile state, TimeProvider time)
{
    private const long Always = 256 << 10;

    private const double MostSeconds = 2;

    public static bool Takes(long size, ServiceCalls calls, ChunkUploadClientOptions options) =>
        size <= options.SmallFile && (size <= Always || size <= calls.Rate * MostSeconds);

    /// <returns>Null if the file must be sent in chunks.</returns>
    public async Task<EntryAnswer?> SendAsync(
        UploadOptions options, ReadOnlyMemory<byte> bytes, string digest, NewSessionBody body, CancellationToken stop)
    {
        var path = ServiceAddress.Tree(options.Path!, options.Space);
        // "Rename" makes no second file if the answer is lost: it looks whether the name is free, and leaves the number to a session.
        var conflict = options.Conflict == NameConflict.Replace ? "replace" : "fail";
        return await attempts.PersistAsync(
            async _ =>
            {
                // An earlier request may have brought it.
                if (state.State!.Tried)
                    return await ArrivedAsync(path, bytes.Length, digest, stop);
                state.Save(old => old! with { Tried = true });
                try
                {
                    return await PutAsync($"{path}?parents=true&conflict={conflict}", bytes, digest, options, body, stop);
                }
                catch (TransferException failure) when (failure.Failure == TransferFailure.Network)
                {
                    return await ArrivedAsync(path, bytes.Length, digest, stop);
                }
                catch (TransferException failure) when (failure.Code == ProblemCodes.NameTaken && options.Conflict == NameConflict.Rename)
                {
                    return null;
                }
                catch (TransferException failure) when (options.IsOfPair && failure.Failure == TransferFailure.Conflict)
                {
                    state.Save(old => old! with { Tried = false });
                    throw;
                }
                catch (TransferException failure) when (failure.Code == Problems.ProxyTooLarge)
                {
                    board.Advice.Lower(bytes.Length / 2);
                    return null;
                }
                catch (TransferException failure) when (failure.IsTransient)
                {
                    // It was refused and has left nothing.
                    state.Save(old => old! with { Tried = false });
                    throw;
                }
            },
            stop);
    }

    private async Task<EntryAnswer> PutAsync(
        string path, ReadOnlyMemory<byte> bytes, string digest, UploadOptions options, NewSessionBody body, CancellationToken stop)
    {
        var sent = 0;
        var request = calls.Request(
            HttpMethod.Put, path, (ServiceHeaders.ContentSha256, digest), ("X-OC-Mtime", body.ModifiedAt), ("X-File-Mode", body.Mode),
            ("If-Match", options.Revision is { } revision ? $"\"r{revision}\"" : null));
        request.Content = new MemoryContent(bytes, options.ContentType, count =>
        {
            sent += count;
            board.Sending(count);
            ClientMeter.Sent.Add(count);
        });
        board.Begin();
        var began = time.GetTimestamp();
        try
        {
            var entry = await calls.SendAsync(request, ClientJson.Default.EntryAnswer, stop, board.Advice.StallTimeout);
            calls.Rate = bytes.Length / Math.Max(time.GetElapsedTime(began).TotalSeconds, 1e-3);
            board.Received(0, bytes.Length);
            return entry;
        }
        finally
        {
            board.End();
            board.Sending(-sent);
        }
    }

    /// <summary>The same content at the same path is what a request without an answer has brought.</summary>
    private async Task<EntryAnswer?> ArrivedAsync(string path, long size, string digest, CancellationToken stop)
    {
        try
        {
            var entry = await attempts.PersistAsync(
                _ => calls.SendAsync(
                    calls.Request(HttpMethod.Get, path + "?format=json"), ClientJson.Default.EntryAnswer, stop), stop);
            return entry.Sha256 == digest && entry.Size == size ? entry : null;
        }
        catch (TransferException failure) when (failure.Status is 404 or 403)
        {
            // Without the right to read, nothing is known of it.
            return null;
        }
    }
}
