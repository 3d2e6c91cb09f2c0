using System.Runtime.CompilerServices;
using ChunkUpload.Core.Storage;

namespace ChunkUpload.Core.Fsck;

/// <summary>
/// Checks quarantined uploads again, because the operator may have restored a file from a backup or mounted a missing disk: 1. every
/// extent's file exists and is long enough; 2. every byte is read from the device and compared where a digest is known. An upload with
/// bytes in a store of another node stays in quarantine, because not every extent can be read.
/// </summary>
internal sealed class QuarantineReview(IFsckLedger ledger, IContentLedger extents, Stores stores, DeviceCheck device)
{
    private const int UploadPage = 100;
    private const int ExtentPage = 1000;

    /// <param name="onRead">Called after each step with its number of bytes, so that the caller can wait.</param>
    /// <returns>Each quarantined upload that has not ended, with the remaining fault, or null when there is none. The caller lifts the
    /// quarantine.</returns>
    public async IAsyncEnumerable<(Upload Upload, string? Fault)> RunAsync(
        Func<long, CancellationToken, Task> onRead, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        UploadId? after = null;
        while (await ledger.QuarantinedAsync(after, UploadPage, cancellationToken) is { Count: > 0 } page)
        {
            foreach (var upload in page)
                yield return (upload, await FaultAsync(upload, onRead, cancellationToken));
            after = page[^1].Id;
        }
    }

    private async Task<string?> FaultAsync(Upload upload, Func<long, CancellationToken, Task> onRead, CancellationToken cancellationToken)
    {
        try
        {
            // 1. This is cheap and finds most faults.
            if (await LengthsAsync(upload, cancellationToken) is { } missing)
                return missing;
        }
        catch (StoreException exception)
        {
            return exception.Message;
        }

        // 2. Every byte is read from the device and compared where a digest is known.
        var facts = await device.RunAsync(upload, onRead, cancellationToken);
        return facts.Faults.Count == 0 ? null : facts.Faults[0].Sentence;
    }

    private async Task<string?> LengthsAsync(Upload upload, CancellationToken cancellationToken)
    {
        long at = 0;
        StoredFile last = default;
        long? length = null;
        while (await extents.ExtentsAsync(upload.Id, at, ExtentPage, cancellationToken) is { Count: > 0 } page)
        {
            foreach (var extent in page)
            {
                if (upload.IsReceived && extent.Range.Offset != at)
                    return NoExtent(at);
                if (extent.File != last)
                    (last, length) = (extent.File, stores.Of(extent.File).Length(extent.File));
                if (length is null || length < extent.FileOffset + extent.Range.Length)
                    return $"Bytes {extent.Range.Offset}-{extent.Range.End - 1} are not on the disk.";
                at = extent.Range.End;
            }
        }

        return upload.IsReceived && at != upload.Size ? NoExtent(at) : null;
    }

    private static string NoExtent(long at) => $"The ledger has no extent for byte {at}.";
}
