using System.Runtime.CompilerServices;
using System.Text.Json.Serialization.Metadata;
using ChunkUpload.Client.Folders;
using ChunkUpload.Client.Http;
using ChunkUpload.Client.State;
using ChunkUpload.Client.Sync;

namespace ChunkUpload.Client;

/// <content>Synchronization of a local folder and a folder of the service.</content>
public sealed partial class ChunkUploadClient
{
    private RetryPolicy? _retry;

    /// <summary>The folder of the state of transfers and pairs.</summary>
    internal string States => _options.StateDirectory ?? StateStore.DefaultFolder;

    internal string ServiceText => _calls.Address.Base.AbsoluteUri;

    internal bool IsLink => _calls.Address.IsLink;

    /// <summary>Gives up early: a round is repeated, and one locked file must not delay the others.</summary>
    internal void GiveUpSoon() => _retry = _options.Retry with
    {
        Network = _options.Retry.Network with { Deadline = TimeSpan.FromMinutes(1) },
        Server = _options.Retry.Server with { Deadline = TimeSpan.FromSeconds(10) },
    };

    /// <summary>Sends a query, and retries it as the policy says.</summary>
    internal async Task<T> GetAsync<T>(string address, JsonTypeInfo<T> type, CancellationToken stop)
        where T : class =>
        (await CallAsync(HttpMethod.Get, address, stop)).Read(type);

    internal async Task<EntryAnswer> EntryAsync(string id, CancellationToken stop)
    {
        var answer = await CallAsync(HttpMethod.Get, $"api/entries/{id}?limit=1", stop);
        return answer.Read(ClientJson.Default.FolderAnswer).Folder ?? answer.Read(ClientJson.Default.EntryAnswer);
    }

    /// <summary>Changes something once: after a lost answer, the next scan finds what was done.</summary>
    internal Task<Answer> ChangeAsync<T>(
        HttpMethod method, string address, T? body, JsonTypeInfo<T> type, long? revision, CancellationToken stop)
        where T : class
    {
        var tag = revision is { } number ? $"\"r{number}\"" : null;
        return _calls.SendAsync(
            body is null ? _calls.Request(method, address, ("If-Match", tag)) : _calls.Json(method, address, body, type, ("If-Match", tag)),
            stop);
    }

    internal Task<Answer> MakeNewFolderAsync(string address, CancellationToken stop) =>
        _calls.SendAsync(_calls.Request(HttpMethod.Put, address, ("If-None-Match", "*")), stop);

    internal IAsyncEnumerable<EntryAnswer> ListAllAsync(string path, string? space, CancellationToken stop) =>
        new RemoteTree(_calls, AttemptsOf(Board(path, null)), path, space).ListAsync(stop);

    internal async Task<bool> HasFolderKeyAsync(string path, string? space, CancellationToken stop) =>
        await new FolderKeys(_calls, AttemptsOf(Board(path, null)), space).FindAsync(path, stop) is not null;

    internal Task<UploadResult> SendForPairAsync(
        string file, UploadOptions options, IProgress<TransferProgress>? progress, CancellationToken stop) =>
        SendFileAsync(file, options, progress, stop);

    internal Task<DownloadResult> FetchForPairAsync(
        string id, string target, IProgress<TransferProgress>? progress, CancellationToken stop) =>
        FetchFileAsync(id, target, new DownloadOptions { Overwrite = true, KeepAttributes = false }, progress, stop, isExact: true);

    /// <summary>The conflicts of the service's own pairs.</summary>
    internal async IAsyncEnumerable<ConflictAnswer> ConflictsAsync(bool decided, [EnumeratorCancellation] CancellationToken stop)
    {
        var address = $"api/conflicts?state={(decided ? "decided" : "open")}&limit=200";
        await foreach (var page in Pages.AllAsync(cursor => GetAsync(address + cursor, SyncJson.Default.PageConflictAnswer, stop), stop))
        {
            foreach (var item in page.Items)
                yield return item;
        }
    }

    internal async Task<ConflictAnswer> DecideConflictAsync(ConflictAnswer conflict, string answer, CancellationToken stop) =>
        (await ChangeAsync(
            HttpMethod.Post, $"api/conflicts/{conflict.Id}/decide", new ConflictBody(conflict.Digest, answer),
            SyncJson.Default.ConflictBody, null, stop)).Read(SyncJson.Default.ConflictAnswer);

    internal Task TakeConflictBackAsync(string id, CancellationToken stop) =>
        ChangeAsync(HttpMethod.Post, $"api/conflicts/{id}/take-back", null, SyncJson.Default.ConflictBody, null, stop);
}
