using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using ChunkUpload.Core.Tree;
using ChunkUpload.Core.Uploads;
using Microsoft.Extensions.Logging;

namespace ChunkUpload.Core.Intake.Unpacking;

/// <summary>
/// Unpacks one archive into a folder while it is received. Small files are kept in memory and published in batches: a query finds the
/// places of a batch, its files are stored next to each other, and their records share transactions. The next members are received in the
/// meantime; the number of batches limits the memory. A larger file is written to the store while it is received. A member waits while
/// another member with the same path is processed, so that the later one remains.
/// </summary>
/// <remarks>One caller at a time. What was received is published even if the client has disconnected.</remarks>
public sealed class FolderUnpacking : IDisposable
{
    private const int MaxBatchMembers = 128;
    private const int MaxBatchBytes = 2 << 20;
    private const int MaxBatches = 4;

    // The most members whose contents are remembered as targets of hard links: 5 MB.
    private const int MaxRemembered = 100_000;

    private readonly MemberPlaces _places;
    private readonly MemberPublisher _publisher;
    private readonly Action<UnpackedMember> _tell;
    private readonly ILogger _log;
    private readonly SemaphoreSlim _slots = new(MaxBatches);
    private readonly Lock _gate = new();
    private readonly Dictionary<Guid, UploadId> _contents = [];

    // The paths of the members whose outcome is not reported yet.
    private readonly HashSet<string> _busy = [];
    private List<Member> _batch = [];
    private long _batchBytes;

    internal FolderUnpacking(MemberPlaces places, MemberPublisher publisher, Action<UnpackedMember> tell, ILogger log) =>
        (_places, _publisher, _tell, _log) = (places, publisher, tell, log);

    /// <summary>Set when no further member can be published.</summary>
    public UploadFailure? Failure { get; private set; }

    /// <summary>Adds a folder, a link, or a file whose bytes are all in memory.</summary>
    /// <param name="buffer">A buffer of the shared pool, to which it is returned; null if there are no bytes.</param>
    public async Task AddAsync(ArchiveMember member, byte[]? buffer, int length)
    {
        var path = TreePath.Join(member.Path);
        await FreePathAsync(path);
        // The content of the earlier member must be known.
        if (member.SameAs is not null)
            await DrainAsync();
        lock (_gate)
            _busy.Add(path);
        _batch.Add(new Member(member, path, buffer, length));
        _batchBytes += length;
        if (_batch.Count >= MaxBatchMembers || _batchBytes >= MaxBatchBytes)
            await SendAsync();
    }

    /// <summary>Stores a larger file while it is received.</summary>
    public async Task ReceiveAsync(ArchiveMember member, UploadBody body, CancellationToken cancellationToken)
    {
        var path = TreePath.Join(member.Path);
        await FreePathAsync(path);
        await SendAsync();
        var outcome = await GuardAsync(member, async () =>
        {
            var found = (await _places.FindAsync([member]))[0];
            var (upload, done) = await _publisher.ReceiveAsync(found, body, cancellationToken);
            if (upload is not null)
                done = (await _publisher.TellAsync([(found, upload)]))[0];
            Remember(path, upload?.Id ?? (done!.Outcome == MemberOutcome.Unchanged ? found.Existing!.Upload : null));
            return done;
        });
        Tell(outcome!);
    }

    /// <summary>Starts to publish the added members. Called when no bytes of the client are waiting.</summary>
    public async Task SendAsync()
    {
        if (_batch.Count == 0)
            return;
        var batch = _batch;
        (_batch, _batchBytes) = ([], 0);
        await _slots.WaitAsync();
        _ = Task.Run(async () =>
        {
            try
            {
                await PublishAsync(batch);
            }
            finally
            {
                foreach (var member in batch)
                {
                    if (member.Buffer is not null)
                        ArrayPool<byte>.Shared.Return(member.Buffer);
                }

                lock (_gate)
                    _busy.ExceptWith(batch.Select(member => member.Path));
                _slots.Release();
            }
        });
    }

    /// <summary>Waits until every member is published or refused.</summary>
    public async Task DrainAsync()
    {
        await SendAsync();
        for (var i = 0; i < MaxBatches; i++)
            await _slots.WaitAsync();
        _slots.Release(MaxBatches);
    }

    /// <summary>Releases the slots. Call it after <see cref="DrainAsync"/>.</summary>
    public void Dispose() => _slots.Dispose();

    private async Task FreePathAsync(string path)
    {
        bool busy;
        lock (_gate)
            busy = _busy.Contains(path);
        if (busy)
            await DrainAsync();
    }

    private async Task PublishAsync(List<Member> batch)
    {
        IReadOnlyList<MemberPlace> places;
        try
        {
            places = await _places.FindAsync([.. batch.Select(member => member.Described)]);
        }
        catch (Exception exception)
        {
            foreach (var member in batch)
                Tell(Failed(member.Described, exception));
            return;
        }

        var stored = new (MemberPlace Place, Upload? Upload)[batch.Count];
        await Task.WhenAll(batch.Select(async (member, i) =>
        {
            var outcome = await GuardAsync(member.Described, async () =>
            {
                var (upload, done) = await PublishAsync(places[i], member);
                stored[i] = (places[i], upload);
                return done;
            });
            if (outcome is not null)
                Tell(outcome);
        }));
        var files = stored.Where(file => file.Upload is not null).Select(file => (file.Place, file.Upload!)).ToList();
        IReadOnlyList<UnpackedMember> results;
        try
        {
            results = await _publisher.TellAsync(files);
        }
        catch (LedgerUnavailableException)
        {
            // They are published; only their ids are unknown.
            results = [.. files.Select(file => new UnpackedMember(file.Place.Member.Path, MemberOutcome.Created))];
        }

        foreach (var result in results)
            Tell(result);
    }

    private async Task<(Upload? Upload, UnpackedMember? Done)> PublishAsync(MemberPlace place, Member member)
    {
        switch (member.Described)
        {
            case { Kind: EntryKind.Folder }:
                return (null, await _publisher.FolderAsync(place));
            case { Kind: EntryKind.Link }:
                return (null, await _publisher.LinkAsync(place));
            case { SameAs: { } earlier }:
                UploadId content;
                bool known;
                lock (_gate)
                    known = _contents.TryGetValue(KeyOf(TreePath.Join(earlier)), out content);
                if (!known)
                {
                    var target = TreePath.Join(earlier);
                    return (null, MemberPublisher.Failed(place, new UploadFailure(
                        UploadError.NoEntry,
                        $"The hard link's target \"{target}\" is not an earlier file of this archive.")));
                }

                var copied = await _publisher.CopyAsync(place, content);
                if (copied.Outcome != MemberOutcome.Failed)
                    Remember(member.Path, content);
                return (null, copied);
            default:
                var (upload, done) = await _publisher.WriteAsync(place, member.Buffer.AsMemory(0, member.Length));
                Remember(member.Path, upload?.Id ?? (done!.Outcome == MemberOutcome.Unchanged ? place.Existing!.Upload : null));
                return (upload, done);
        }
    }

    private async Task<UnpackedMember?> GuardAsync(ArchiveMember member, Func<Task<UnpackedMember?>> publish)
    {
        try
        {
            return await publish();
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            return Failed(member, exception);
        }
    }

    private UnpackedMember Failed(ArchiveMember member, Exception exception)
    {
        UploadLog.MemberFailed(_log, exception);
        var error = exception is LedgerUnavailableException ledger ? UploadRefusals.Of(ledger).Error : UploadError.StorageFailed;
        return new UnpackedMember(member.Path, MemberOutcome.Failed)
        {
            Failure = new UploadFailure(error, "The service could not store this file now; send the archive again."),
        };
    }

    private void Remember(string path, UploadId? content)
    {
        if (content is not { } upload)
            return;
        lock (_gate)
        {
            if (_contents.Count >= MaxRemembered)
                _contents.Clear();
            _contents[KeyOf(path)] = upload;
        }
    }

    // A digest instead of the path, which may be long.
    private static Guid KeyOf(string path) => new(SHA256.HashData(Encoding.UTF8.GetBytes(path)).AsSpan(0, 16));

    private void Tell(UnpackedMember result)
    {
        if (result.EndsAll)
            Failure ??= result.Failure;
        _tell(result);
    }

    private sealed record Member(ArchiveMember Described, string Path, byte[]? Buffer, int Length);
}
