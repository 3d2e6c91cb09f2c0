using System.IO.Pipelines;
using ChunkUpload.Core.Connections;
using ChunkUpload.Core.Transfers;
using ChunkUpload.Core.Transfers.Copying;
using ChunkUpload.Wire.Sync;

namespace ChunkUpload.Core.Sync;

/// <summary>Restores an earlier version of a file by copying it over the newest one.</summary>
internal sealed class SyncVersionCopy(ISource source, ISink sink, IRunningHashes hashes)
{
    private const int PieceSize = 10 << 20;

    /// <param name="seen">The file with the version that it must still have.</param>
    /// <param name="lost">The earlier content.</param>
    public async Task<Outcome<SinkEntry>> RestoreAsync(SinkEntry seen, SyncEntry lost, CancellationToken cancellationToken)
    {
        if (source is not IVersionSource versions || lost is not { Version: { } version, Size: { } size })
            return new StorageFault(FaultKind.Gone, "The storage does not keep earlier versions.");
        var now = await source.StatAsync(seen.Id, cancellationToken);
        if (!now.Ok)
            return now.Fault;
        if (now.Value.IsTrashed || source.VersionOf(now.Value.Pin) != seen.Pin)
            return new StorageFault(FaultKind.Taken, "The file was changed since.");
        var earlier = await versions.EarlierAsync(seen.Id, version, size, cancellationToken);
        if (!earlier.Ok)
            return earlier.Fault;
        var content = earlier.Value with { Modified = lost.Modified };
        // A storage may return another version of the same size. The copy compares the digest before it replaces anything.
        if (lost.Digests.TryGetValue(SyncEntry.ReadDigest, out var sha256))
            content = content with { Digests = new Dictionary<DigestKind, string> { [DigestKind.Sha256] = sha256 } };

        var copy = new FileCopy(
            new OneVersion(source, content), sink, new UnrecordedCheckpoint(new CopyTargeted(seen.Name, null, seen.Id)),
            new CopyRules(now.Value.Parent ?? "", PieceSize, VerifyBy.Digest, Back: null) { Condition = new SinkCondition(seen.Pin) },
            new CopyState(seen.Id, seen.Name) { MediaType = now.Value.MediaType }, hashes);
        var copied = await copy.RunAsync(cancellationToken);
        if (copied is { Value.Made: { } made })
            return made;
        if (copy.State.Session is { } session)
            await sink.AbortAsync(session, CancellationToken.None);
        if (copied.Ok)
            return new StorageFault(FaultKind.Transient, "The storage did not accept the bytes. Try again.");
        return copied.Fault.Kind == FaultKind.SourceChanged
            ? new StorageFault(FaultKind.Gone, "The storage does not keep this version any more.")
            : copied.Fault;
    }

    /// <summary>A storage that only shows one version of a file: the one that is read.</summary>
    private sealed class OneVersion(ISource source, SourceItem version) : ISource
    {
        public SourceTraits Traits => source.Traits;

        public Task<Outcome<SourcePage>> ListAsync(string folder, string? cursor, CancellationToken cancellationToken) =>
            source.ListAsync(folder, cursor, cancellationToken);

        public Task<Outcome<SourceItem>> StatAsync(string id, CancellationToken cancellationToken) =>
            Task.FromResult<Outcome<SourceItem>>(version);

        public Task<StorageFault?> ReadAsync(
            SourceItem item, long offset, long length, PipeWriter into, CancellationToken cancellationToken) =>
            source.ReadAsync(item, offset, length, into, cancellationToken);
    }
}
