using ChunkUpload.Core.Connections;

namespace ChunkUpload.Core.Transfers.Copying;

/// <summary>Reads a file back from the destination if this is requested.</summary>
internal sealed partial class FileCopy
{
    /// <returns>Null if the destination returns the same bytes.</returns>
    private async Task<StorageFault?> ReadBackAsync(SinkEntry made, long size, Sha256Digest sent, CancellationToken cancellationToken)
    {
        if (rules.Back is not { } back)
            return new StorageFault(FaultKind.Refused, "The destination cannot be read from, so nothing can be read back.");
        var stat = await back.StatAsync(made.Id, cancellationToken);
        if (!stat.Ok)
            return stat.Fault with { AtDestination = true };
        if (stat.Value.Size != size)
            return Differs;
        using var digests = TransferDigests.Start(hashes);
        while (digests.Length < size)
        {
            var length = (int)Math.Min(rules.PieceSize, size - digests.Length);
            using var piece = NewPiece(length, digests);
            if (await FillAsync(back, stat.Value, digests.Length, piece, cancellationToken) is { } fault)
                return fault with { AtDestination = true };
        }

        return digests.Sha256() == sent ? null : Differs;
    }

    private static StorageFault Differs => new(FaultKind.Integrity, "The destination gives back other bytes than were sent.")
    {
        AtDestination = true,
    };
}
