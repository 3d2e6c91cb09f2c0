using ChunkUpload.Core.Connections;

namespace ChunkUpload.Core.Transfers.Copying;

/// <summary>Copies within one account: the storage copies the file internally, and no byte passes through the service.</summary>
internal sealed partial class FileCopy
{
    private static readonly TimeSpan SignOfLife = TimeSpan.FromSeconds(15);

    /// <summary>
    /// Lets the storage copy the file if no byte was sent yet. Files that must be read back or were changed in transit are sent as usual.
    /// </summary>
    /// <returns><c>null</c> if the bytes must be sent.</returns>
    private async Task<Outcome<CopyEnd>?> CopyInsideAsync(SourceItem found, SinkFile file, CancellationToken cancellationToken)
    {
        if (!rules.IsInside || sink is not IInsideSink inside || rules.Verify == VerifyBy.ReadBack || rules.Condition is not null
            || found.IsExported || State is not { Session: null, Position: 0, WasDamaged: false })
            return null;
        var copying = inside.CopyInsideAsync(found, file, cancellationToken);
        while (await Task.WhenAny(copying, Task.Delay(SignOfLife, cancellationToken)) != copying)
            checkpoint.Progress();
        if (await copying is not { } copied)
            return null;
        if (!copied.Ok)
            return copied.Fault with { AtDestination = true };
        var made = copied.Value;
        var by = found.Digests.Keys.FirstOrDefault(made.Digests.ContainsKey);
        if (made.Size == file.Size && (by == default || found.Digests[by] == made.Digests[by]))
        {
            return new CopyEnd(CopyOutcome.Copied)
            {
                Made = made,
                Sha256 = found.Digests.TryGetValue(DigestKind.Sha256, out var sha256)
                    && Sha256Digest.TryParseHex(sha256, out var digest) ? digest : null,
                VerifiedBy = by == default || rules.Verify == VerifyBy.None ? made.Compared : by,
                OtherTime = made.Modified is { } there && found.Modified is { } here && there != here ? there : null,
                Position = file.Size,
            };
        }

        // The source was changed during the copy, or the storage has copied it wrongly. Remove the file only if this copy has created it.
        if (file.Replaces is null)
            _ = await sink.DiscardAsync(made, cancellationToken);
        return await SaveAsync(new CopyTargeted(file.Name, null, file.Replaces), cancellationToken)
            ? new StorageFault(FaultKind.Integrity, "The storage has made a copy with another digest.") { AtDestination = true }
            : Lost;
    }
}
