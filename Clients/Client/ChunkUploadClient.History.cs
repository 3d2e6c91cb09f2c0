using ChunkUpload.Client.State;
using ChunkUpload.Wire;
using Microsoft.Extensions.Logging.Abstractions;

namespace ChunkUpload.Client;

/// <content>What the client remembers of ended transfers.</content>
public sealed partial class ChunkUploadClient
{
    /// <summary>
    /// The transfers that clients with <see cref="ChunkUploadClientOptions.KeepHistory"/> have done, or that failed, in the order in which
    /// they ended. The oldest ones are forgotten.
    /// </summary>
    /// <param name="stateDirectory">Null means the default one.</param>
    /// <exception cref="TransferException">The history cannot be read.</exception>
    public static IReadOnlyList<PastTransfer> History(string? stateDirectory = null) =>
        new HistoryStore(stateDirectory ?? StateStore.DefaultFolder, TimeProvider.System, NullLogger.Instance).Read();

    private static PastTransfer Filled(PastTransfer past, UploadResult done) => past with
    {
        Remote = done.Path ?? done.Id ?? past.Remote,
        Bytes = done.Size,
        Sha256 = done.Sha256,
        Retries = done.Retries,
        SavedByResuming = done.SavedByResuming,
    };

    private static PastTransfer Filled(PastTransfer past, DownloadResult done) => past with
    {
        Local = done.File ?? past.Local,
        Bytes = done.Size,
        Sha256 = done.Sha256,
        Retries = done.Retries,
        SavedByResuming = done.SavedByResuming,
    };

    private static PastTransfer Filled(PastTransfer past, FolderResult done) => past with
    {
        Bytes = done.MovedBytes,
        Moved = done.Moved,
        Failure = done.Failures is [var first, ..] ? first.Failure : null,
        Message = done.Failures is [var one, ..] ? $"{done.Failed} of its files failed; the first was {one.Path}: {one.Message}" : null,
    };

    private PastTransfer Past(bool isUpload, string? local, string? remote) => new()
    {
        EndedAt = default,
        IsUpload = isUpload,
        Local = local is null ? null : Path.GetFullPath(local),
        Remote = remote is "" && _calls.Address.IsLink ? null : remote,
        Service = _calls.Address.IsLink ? _calls.Address.Base.GetLeftPart(UriPartial.Authority) : _calls.Address.Base.AbsoluteUri,
    };

    /// <summary>A cancelled transfer is not recorded, because it can be resumed.</summary>
    private async Task<T> RememberAsync<T>(PastTransfer? past, Task<T> run, Func<PastTransfer, T, PastTransfer> fill)
    {
        if (past is null || (!_options.KeepHistory && _options.Ended is null))
            return await run;
        var began = _time.GetTimestamp();
        try
        {
            var result = await run;
            await RememberAsync(fill(past, result), began);
            return result;
        }
        catch (TransferException failure) when (failure.Code != ProblemCodes.NotFile)
        {
            // If the path is a folder, download it as a folder.
            await RememberAsync(past with { Message = failure.Message, Failure = failure.Failure, Code = failure.Code }, began);
            throw;
        }
    }

    private async Task RememberAsync(PastTransfer past, long began)
    {
        past = past with { EndedAt = _time.GetUtcNow(), Seconds = Math.Round(_time.GetElapsedTime(began).TotalSeconds, 3) };
        _options.Ended?.Invoke(past);
        if (_options.KeepHistory)
            await _history.AddAsync(past);
    }
}
