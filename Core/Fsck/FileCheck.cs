using ChunkUpload.Core.Storage;

namespace ChunkUpload.Core.Fsck;

/// <summary>
/// Checks that every file named by the ledger exists and is long enough. The service may move and remove files meanwhile, so a suspected
/// fault is checked a second time, beginning with the ledger; only an unchanged row whose file is still wrong is a finding. A bucket that
/// does not answer says nothing about its files.
/// </summary>
internal sealed class FileCheck(IFsckLedger ledger, Stores stores, FsckFindings findings)
{
    private StoredFile _last;
    private long? _lastLength;

    /// <summary>Why the store that all nodes share was not checked to its end; <c>null</c>: it was.</summary>
    public string? SharedFault { get; private set; }

    public async Task CheckAsync(FsckExtent extent, CancellationToken cancellationToken)
    {
        if (FaultOf(extent) is null)
            return;
        _last = default;
        while (await ledger.ExtentAsync(extent.Key, cancellationToken) is { } now && FaultOf(now) is var (code, sentence))
        {
            if (now == extent)
            {
                findings.Add(code, sentence, extent.Key.Upload, extent.FileName, extent.File);
                return;
            }

            extent = now;
            _last = default;
        }
    }

    public async Task CheckAsync(FsckPrefix prefix, CancellationToken cancellationToken)
    {
        if (FaultOf(prefix) is null)
            return;
        _last = default;
        while (await ledger.PrefixAsync(prefix.Key, cancellationToken) is { } now && FaultOf(now) is var (code, sentence))
        {
            if (now == prefix)
            {
                findings.Add(code, sentence, prefix.Key.Upload, prefix.FileName, prefix.File);
                return;
            }

            prefix = now;
            _last = default;
        }
    }

    private (string Code, string Sentence)? FaultOf(FsckExtent extent)
    {
        if (!extent.Counts)
            return null;
        var bytes = $"Bytes {extent.Key.Start}-{extent.End - 1}";
        if (extent.File is not { } file)
            return (FindingCodes.ExtentNotNamed, $"{bytes} lie in a file that the ledger has no row for.");
        if (extent.Tombstoned)
            return (FindingCodes.ExtentTombstoned, $"{bytes} are in a file that is marked for removal.");
        return Length(file) switch
        {
            null => (FindingCodes.ExtentFileMissing, $"{bytes} are missing: their file does not exist."),
            var length when length < extent.FileOffset + extent.Length =>
                (FindingCodes.ExtentFileShort, $"{bytes} should end at {extent.FileOffset + extent.Length} in a file of {length} bytes."),
            _ => null,
        };
    }

    private (string Code, string Sentence)? FaultOf(FsckPrefix prefix)
    {
        if (!prefix.Counts)
            return null;
        var what = $"The kept part of the chunk at {prefix.Key.Start}";
        if (prefix.Received)
            return (FindingCodes.PrefixReceived, $"{what} is still recorded though the chunk was received.");
        if (prefix.File is not { } file || prefix.Tombstoned)
            return (FindingCodes.PrefixNotNamed, $"{what} is in a file that has no row in the ledger, or is marked for removal.");
        return Length(file) switch
        {
            null => (FindingCodes.PrefixFileMissing, $"{what} is missing: its file does not exist."),
            var length when length < prefix.Kept =>
                (FindingCodes.PrefixFileShort, $"{what} should have {prefix.Kept} bytes, and its file has {length}."),
            _ => null,
        };
    }

    // Extents come in order, and most extents of an upload are in one file.
    private long? Length(StoredFile file)
    {
        if (file != _last)
            (_last, _lastLength) = (file, Ask(file));
        return _lastLength;
    }

    private long? Ask(StoredFile file)
    {
        if (stores.IsOwn(file))
            return stores.Own.Length(file);
        try
        {
            // A store that does not answer is not asked for each file.
            return SharedFault is null ? stores.Of(file).Length(file) : long.MaxValue;
        }
        catch (StoreException exception) when (exception.Error == StoreError.Unreachable)
        {
            SharedFault = exception.Message;
            return long.MaxValue;
        }
    }
}
