using ChunkUpload.Core.Storage;

namespace ChunkUpload.Core.Fsck;

/// <param name="Read">The number of bytes read from the device.</param>
/// <param name="Faults">In the order of the bytes: at most <see cref="DeviceCheck.MostFaults"/>, and one for the whole file.</param>
internal sealed record DeviceCheckResult(long Read, IReadOnlyList<ExtentFault> Faults);

/// <summary>
/// Reads the stored bytes of an upload from the device, extent by extent, and compares them with the recorded digests, and with the whole
/// file's digest if it is known.
/// </summary>
internal sealed class DeviceCheck(IContentLedger ledger, Stores stores, IRunningHashes hashes)
{
    public const int MostFaults = 100;

    private const int PageSize = 256;
    private const long Step = 4L << 20;

    /// <param name="onRead">Called after each step with its number of bytes, so that the caller can wait and report progress.</param>
    public async Task<DeviceCheckResult> RunAsync(
        Upload upload, Func<long, CancellationToken, Task> onRead, CancellationToken cancellationToken)
    {
        using var walk = new Walk(hashes, upload.Sha256 is not null);
        while (walk.Faults.Count < MostFaults
            && await ledger.ExtentsAsync(upload.Id, walk.At, PageSize, cancellationToken) is { Count: > 0 } extents)
        {
            foreach (var extent in extents)
            {
                if (extent.Range.Offset != walk.At)
                    walk.LoseWhole();
                await CheckAsync(upload.Id, extent, walk, onRead, cancellationToken);
                walk.At = extent.Range.End;
            }
        }

        if (walk.Whole is { } whole && whole.Length == upload.Size && upload.Sha256 is { } expected && whole.Current() != expected)
        {
            walk.Faults.Add(new ExtentFault(
                ExtentFaultKind.Different, new ByteRange(0, whole.Length), $"The file's SHA-256 is {whole.Current()} and not {expected}.")
            { IsWhole = true });
        }

        return new DeviceCheckResult(walk.Read, walk.Faults);
    }

    private async Task CheckAsync(
        UploadId id, Extent extent, Walk walk, Func<long, CancellationToken, Task> onRead, CancellationToken cancellationToken)
    {
        while (true)
        {
            var before = walk.Whole?.Save();
            if (await CompareAsync(extent, walk, onRead, cancellationToken) is not { } fault)
                return;

            // A merge may have moved the extent, or a delete removed it, between the ledger query and the read (E22).
            var again = await ledger.ExtentsAsync(id, extent.Range.Offset, 1, cancellationToken);
            if (again is not [var now, ..] || now.Range != extent.Range)
            {
                walk.LoseWhole();
                return;
            }

            if (now.File == extent.File && now.FileOffset == extent.FileOffset)
            {
                walk.LoseWhole();
                walk.Faults.Add(fault with { File = extent.File });
                return;
            }

            walk.Rewind(before);
            extent = now;
        }
    }

    private async Task<ExtentFault?> CompareAsync(
        Extent extent, Walk walk, Func<long, CancellationToken, Task> onRead, CancellationToken cancellationToken)
    {
        var (range, bytes) = (extent.Range, $"Bytes {extent.Range.Offset}-{extent.Range.End - 1}");
        using var own = hashes.Start();
        IRunningHash[] into = walk.Whole is { } whole ? [own, whole] : [own];
        try
        {
            while (own.Length < range.Length)
            {
                var want = Math.Min(Step, range.Length - own.Length);
                var there = await stores.Of(extent.File).ReadFromDeviceAsync(
                    extent.File, extent.FileOffset + own.Length, want, into, cancellationToken);
                walk.Read += there;
                if (there < want)
                    return new ExtentFault(ExtentFaultKind.Short, range, $"{bytes} are cut off after {own.Length} bytes.");
                await onRead(there, cancellationToken);
            }
        }
        catch (StoreException exception) when (exception.Error == StoreError.Missing)
        {
            return new ExtentFault(ExtentFaultKind.Missing, range, $"{bytes} are missing: their file does not exist.");
        }
        catch (StoreException exception) when (exception.Error == StoreError.Damaged)
        {
            return new ExtentFault(ExtentFaultKind.Different, range, $"{bytes} are missing: {exception.Message}");
        }
        catch (StoreException exception) when (exception.Error == StoreError.Unreachable)
        {
            return new ExtentFault(ExtentFaultKind.Elsewhere, range, $"{bytes} are in another store.");
        }
        catch (StoreException exception)
        {
            return new ExtentFault(ExtentFaultKind.Unreadable, range, $"{bytes} cannot be read: {exception.Message}");
        }

        return extent.Sha256 is { } expected && own.Current() != expected
            ? new ExtentFault(ExtentFaultKind.Different, range,
                $"{bytes} differ from the received ones: their SHA-256 is {own.Current()}, but {expected} is recorded.")
            : null;
    }

    private sealed class Walk(IRunningHashes hashes, bool withWhole) : IDisposable
    {
        /// <summary>The offset at which the next extent should begin.</summary>
        public long At { get; set; }

        public long Read { get; set; }

        /// <summary>The hash of all bytes so far; null once they can no longer be the whole file.</summary>
        public IRunningHash? Whole { get; private set; } = withWhole ? hashes.Start() : null;

        public List<ExtentFault> Faults { get; } = [];

        public void LoseWhole()
        {
            Whole?.Dispose();
            Whole = null;
        }

        /// <summary>Restores the saved state.</summary>
        public void Rewind(byte[]? state)
        {
            LoseWhole();
            Whole = state is null ? null : hashes.Restore(state);
        }

        public void Dispose() => LoseWhole();
    }
}
