using System.Globalization;
using ChunkUpload.Client.Http;
using ChunkUpload.Client.Progress;
using ChunkUpload.Client.Retrying;
using ChunkUpload.Client.State;
using ChunkUpload.Wire;
using Microsoft.Extensions.Logging;

namespace ChunkUpload.Client.Uploads;

/// <summary>
/// Sends a source by the session API: 1. the session, a new one or the one that is there; 2. what is missing; 3. the chunks; 4. the
/// completion with the digest of the whole; 5. what a checker says.
/// </summary>
internal sealed class SessionUpload(
    ServiceCalls calls, Attempts attempts, ProgressBoard board, StateFile state, TimeProvider time, ILogger log)
{
    // The session itself lists up to this many missing ranges.
    private const int Listed = 100;

    // Without a state, interrupted chunks are searched at the beginning of this number of gaps.
    private const int Probed = 16;
    private const int MostGenerations = 64;

    // The service answers after ten seconds, even if it is not done.
    private static readonly TimeSpan CompletePatience = TimeSpan.FromSeconds(15);

    // The session was found by its key, without a state that names it.
    private bool _isFound;

    /// <param name="key">Makes a repeated creation find the session, even without a local state; null if the source is read once.</param>
    /// <param name="isUsed">Whether a completed session that was found without a state still is the file at the target.</param>
    public async Task<(SessionAnswer Session, string Sha256)> SendAsync(
        IUploadSource source, NewSessionBody body, string? key, Func<SessionAnswer, Task<bool>> isUsed, CancellationToken stop)
    {
        // 1. The session, a new one or the one that is there.
        var view = await OpenAsync(body, key, isUsed, stop);
        log.Opened(view.Id, board.Name, view.ReceivedBytes, view.Size);
        // A service that names no codings is older, and would refuse them.
        var compressor = new ChunkCompressor(source.MayShrink ? view.Codings ?? [] : [], time);
        using var whole = new WholeDigest(source, apart: source.IsRepeatable && view.ReceivedBytes > 0);
        string? digest = null;
        for (long before = -1; view.State is "open" or "completing";)
        {
            // 2. What is missing.
            board.Advice.Take(view.Advice);
            var missing = source.IsRepeatable ? await MissingAsync(view, stop) : new RangeSet();
            if (source.IsRepeatable)
                board.Know(missing.Inverse(source.Size!.Value), view.ReceivedBytes > 0 && before < 0);
            // A round that brought nothing: the chunks there and the source contradict each other.
            if (missing.Total > 0 && missing.Total == before)
                throw new TransferException(TransferFailure.SourceChanged, "The source is not the one that was begun to be sent.");
            before = missing.Total;

            // 3. The chunks.
            board.Enter(TransferPhase.Moving);
            if (view.State == "open" && (missing.Total > 0 || !source.IsRepeatable))
            {
                var begun = _isFound ? await ProbeAsync(view.Id, missing, stop) : state.State!.Begun;
                _isFound = false;
                var feed = new ChunkFeed(source, whole, board, missing, begun);
                await using (var sender = new ChunkSender(calls, attempts, board, state, compressor, time, view.Id))
                    await sender.SendAllAsync(feed, stop);
                if (!source.IsRepeatable && feed.Read < source.Size)
                    throw new TransferException(TransferFailure.SourceChanged, "The stream ended before the length that it had at first.");
                if (!source.IsRepeatable)
                    board.Size = feed.Read;
            }

            // 4. The completion with the digest of the whole.
            board.SavedByCompressing = compressor.Saved;
            board.Enter(TransferPhase.Verifying);
            digest ??= await whole.EndAsync(stop);
            if (source.HasChanged)
                throw new TransferException(TransferFailure.SourceChanged, "The source changed while it was sent.");
            view = await CompleteAsync(view, digest, source.IsRepeatable ? source.Size!.Value : board.Size!.Value, stop);
            if (view.State == "open" && !source.IsRepeatable)
                throw new TransferException(TransferFailure.SourceChanged, "A stream cannot be read again; send it once more.");
        }

        // 5. What a checker says.
        for (var pause = 0.25; view.State == "checking"; pause = Math.Min(pause * 2, 10))
        {
            await Task.Delay(TimeSpan.FromSeconds(pause), time, stop);
            view = await GetAsync(view.Id, stop);
        }

        if (view.State != "completed")
            throw Ended(view);
        digest ??= await whole.EndAsync(stop);
        if (view.Sha256 is { } there && there != digest)
        {
            throw new TransferException(TransferFailure.Checksum, "The service has other bytes than the source.")
            {
                Code = ProblemCodes.FileDigestMismatch,
            };
        }

        return (view, digest);
    }

    public Task<SessionAnswer> GetAsync(string id, CancellationToken stop) => attempts.PersistAsync(
        _ => calls.SendAsync(calls.Request(HttpMethod.Get, $"api/sessions/{id}"), ClientJson.Default.SessionAnswer, stop), stop);

    /// <summary>Returns whether the source agrees with every chunk that the service has.</summary>
    public async Task<bool> AgreesAsync(IUploadSource source, string id, CancellationToken stop)
    {
        var pages = Pages.AllAsync(
            cursor => attempts.PersistAsync(
                _ => calls.SendAsync(
                    calls.Request(HttpMethod.Get, $"api/sessions/{id}/chunks?limit=1000{cursor}"), ClientJson.Default.ChunkPage, stop),
                stop),
            stop);
        await foreach (var page in pages)
        {
            foreach (var chunk in page.Items)
            {
                if (chunk.Offset + chunk.Length > source.Size || chunk.Length > int.MaxValue / 2)
                    return false;
                var buffer = new byte[chunk.Length];
                if (await source.ReadAsync(chunk.Offset, buffer, stop) < buffer.Length
                    || Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(buffer)) != chunk.Sha256)
                    return false;
            }
        }

        return true;
    }

    private static TransferException Ended(SessionAnswer view) => new(
        view.State is "failed" or "expired" or "deleted" ? TransferFailure.Refused : TransferFailure.Conflict,
        $"The upload is {view.State}{(view.StateReason is { } why ? $": {why}" : "")}.")
    {
        Code = view.State,
    };

    private async Task<SessionAnswer> OpenAsync(
        NewSessionBody body, string? key, Func<SessionAnswer, Task<bool>> isUsed, CancellationToken stop)
    {
        if (state.State?.Session is { } known)
            return await ResumeAsync(await GetAsync(known, stop), stop);
        for (var tries = 0; ; tries++)
        {
            var generation = state.State!.Generation;
            var keyed = key is null ? null : string.Create(CultureInfo.InvariantCulture, $"{key}-{generation}");
            try
            {
                // Its answer is awaited even after a cancel: else the session would stay.
                var answer = await attempts.PersistAsync(
                    _ => calls.SendAsync(
                        calls.Json(HttpMethod.Post, "api/sessions", body, ClientJson.Default.NewSessionBody,
                            (ServiceHeaders.IdempotencyKey, keyed)),
                        CancellationToken.None, calls.Patience),
                    stop);
                var view = answer.Read(ClientJson.Default.SessionAnswer);
                var isReplayed = answer.Header("Idempotency-Replayed") is not null || view.State == "completed";
                if (!isReplayed || view.State is "open" or "paused" or "completing" or "checking"
                    || (view.State == "completed" && await isUsed(view)))
                {
                    _isFound = isReplayed;
                    state.Save(old => old! with { Session = view.Id });
                    stop.ThrowIfCancellationRequested();
                    return await ResumeAsync(view, stop);
                }
            }
            catch (TransferException failure)
                when (keyed is not null && (failure.Code == ProblemCodes.IdempotencyMismatch || Problems.IsGone(failure)))
            {
                // The key belongs to an upload that ended.
            }

            if (tries >= MostGenerations || keyed is null)
                throw new TransferException(TransferFailure.Conflict, "The service returns an upload that ended; move the local file.");
            state.Save(old => old! with { Generation = old.Generation + 1 });
        }
    }

    private async Task<SessionAnswer> ResumeAsync(SessionAnswer view, CancellationToken stop) => view.State == "paused"
        ? await attempts.PersistAsync(
            _ => calls.SendAsync(
                calls.Request(HttpMethod.Post, $"api/sessions/{view.Id}/resume"), ClientJson.Default.SessionAnswer, stop), stop)
        : view;

    private async Task<RangeSet> MissingAsync(SessionAnswer view, CancellationToken stop)
    {
        if (view.Missing is { Count: < Listed } few)
            return new RangeSet(few);
        var missing = new RangeSet();
        var pages = Pages.AllAsync(
            cursor => attempts.PersistAsync(
                _ => calls.SendAsync(
                    calls.Request(HttpMethod.Get, $"api/sessions/{view.Id}/missing?limit=1000{cursor}"), ClientJson.Default.RangePage,
                    stop),
                stop),
            stop);
        await foreach (var page in pages)
        {
            foreach (var range in page.Items)
                missing.Add(range.Offset, range.Length);
        }

        return missing;
    }

    /// <summary>Chunks that broke off, of which no state is left here.</summary>
    private async Task<IReadOnlyList<RangeView>> ProbeAsync(string id, RangeSet missing, CancellationToken stop)
    {
        var begun = new List<RangeView>();
        foreach (var gap in missing.Items.Take(Probed))
        {
            try
            {
                var path = string.Create(CultureInfo.InvariantCulture, $"api/sessions/{id}/chunks/{gap.Offset}");
                var answer = await attempts.PersistAsync(_ => calls.SendAsync(calls.Request(HttpMethod.Head, path), stop), stop);
                if (answer.Number("Upload-Length") is > 0 and var length && length <= gap.Length)
                    begun.Add(new RangeView(gap.Offset, length));
            }
            catch (TransferException failure) when (failure.Code == ProblemCodes.NoSuchChunk)
            {
            }
        }

        return begun;
    }

    private async Task<SessionAnswer> CompleteAsync(SessionAnswer view, string digest, long size, CancellationToken stop)
    {
        try
        {
            var answer = await attempts.PersistAsync(
                _ => calls.SendAsync(
                    calls.Json(HttpMethod.Post, $"api/sessions/{view.Id}/complete", new CompleteBody { Size = size, Sha256 = digest },
                        ClientJson.Default.CompleteBody),
                    stop, CompletePatience + calls.Patience),
                stop);
            view = answer.Read(ClientJson.Default.SessionAnswer);
            while (view.State == "completing" || (answer.Status == 202 && view.State == "open"))
            {
                await Task.Delay(TimeSpan.FromSeconds(1), time, stop);
                view = await GetAsync(view.Id, stop);
            }

            return view;
        }
        catch (TransferException failure)
            when (failure.Code is ProblemCodes.AlreadyCompleted or ProblemCodes.MissingRanges or ProblemCodes.Checking)
        {
            return await GetAsync(view.Id, stop);
        }
    }
}
