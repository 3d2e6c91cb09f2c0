using ChunkUpload.Core.Connections;
using ChunkUpload.Wire.Sync;

namespace ChunkUpload.Core.Sync;

/// <summary>Puts an earlier version of a file back by reading it and writing it as the newest one.</summary>
internal sealed class SyncVersionCopy(ISource source, ISink sink)
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
        if (lost.Digests.TryGetValue(SyncEntry.ReadDigest, out var sha256))
        {
            var read = await SyncReader.DigestAsync(source, earlier.Value, size, () => { }, cancellationToken);
            if (!read.Ok)
                return read.Fault;
            if (read.Value != sha256)
                return new StorageFault(FaultKind.Gone, "The storage does not keep this version any more.");
        }

        var file = new SinkFile(now.Value.Parent ?? "", seen.Name, size, null, seen.Id, now.Value.MediaType, lost.Modified)
        {
            Condition = new SinkCondition(seen.Pin),
        };
        return await CopyAsync(earlier.Value, file, cancellationToken);
    }

    private async Task<Outcome<SinkEntry>> CopyAsync(SourceItem earlier, SinkFile file, CancellationToken cancellationToken)
    {
        var begun = await sink.BeginAsync(file, cancellationToken);
        if (!begun.Ok)
            return begun.Fault;
        var session = begun.Value.Id;
        var sent = await SendAsync(earlier, file, session, cancellationToken);
        if (!sent.Ok)
            await sink.AbortAsync(session, CancellationToken.None);
        return sent;
    }

    private async Task<Outcome<SinkEntry>> SendAsync(
        SourceItem earlier, SinkFile file, string session, CancellationToken cancellationToken)
    {
        for (long offset = 0; ;)
        {
            using var piece = new Piece((int)Math.Min(PieceSize, file.Size - offset), _ => { });
            if (await FillAsync(earlier, offset, piece, cancellationToken) is { } unread)
                return unread;
            var put = await sink.PutAsync(session, file, offset, piece, cancellationToken);
            if (!put.Ok)
                return put.Fault;
            if (put.Value.Made is { } made)
                return made;
            if (put.Value.Accepted <= offset)
                return new StorageFault(FaultKind.Transient, "The storage did not accept the bytes. Try again.");
            offset = put.Value.Accepted;
            if (offset == file.Size)
                return await sink.CommitAsync(session, file, cancellationToken);
        }
    }

    private async Task<StorageFault?> FillAsync(SourceItem earlier, long offset, Piece piece, CancellationToken cancellationToken)
    {
        try
        {
            var fault = piece.Length == 0 ? null : await source.ReadAsync(earlier, offset, piece.Length, piece, cancellationToken);
            return fault
                ?? (piece.IsFull ? null : new StorageFault(FaultKind.Transient, "The earlier version ended before its last byte."));
        }
        finally
        {
            piece.Complete();
        }
    }
}
