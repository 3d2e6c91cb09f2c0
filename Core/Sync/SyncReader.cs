using System.IO.Pipelines;
using System.Security.Cryptography;
using ChunkUpload.Core.Connections;
using ChunkUpload.Wire.Sync;

namespace ChunkUpload.Core.Sync;

/// <summary>Reads files for which the storage has no digest, if only the content shows whether both sides agree.</summary>
internal static class SyncReader
{
    /// <returns>The item with its digest.</returns>
    public static async Task<Outcome<SyncEntry>> ReadAsync(
        ISource source, SyncEntry entry, Action progress, CancellationToken cancellationToken)
    {
        var stat = await source.StatAsync(entry.Id, cancellationToken);
        if (!stat.Ok)
            return stat.Fault;
        if (source.VersionOf(stat.Value.Pin) != entry.Version || stat.Value.Size is not { } size)
            return new StorageFault(FaultKind.SourceChanged, "The file was changed while it was read.");
        var digest = await DigestAsync(source, stat.Value, size, progress, cancellationToken);
        return digest.Ok
            ? entry with { Digests = new Dictionary<string, string> { [SyncEntry.ReadDigest] = digest.Value } }
            : digest.Fault;
    }

    /// <returns>The SHA-256 of a file.</returns>
    private static async Task<Outcome<string>> DigestAsync(
        ISource source, SourceItem item, long size, Action progress, CancellationToken cancellationToken)
    {
        if (item.Digests.TryGetValue(DigestKind.Sha256, out var known))
            return known;
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var pipe = new Pipe();
        var reading = FillAsync(source, item, size, pipe.Writer, cancellationToken);
        long read = 0;
        while (true)
        {
            var part = await pipe.Reader.ReadAsync(cancellationToken);
            foreach (var bytes in part.Buffer)
                hash.AppendData(bytes.Span);
            read += part.Buffer.Length;
            pipe.Reader.AdvanceTo(part.Buffer.End);
            progress();
            if (part.IsCompleted)
                break;
        }

        await pipe.Reader.CompleteAsync();
        if (await reading is { } fault)
            return fault;
        return read == size
            ? Convert.ToHexStringLower(hash.GetHashAndReset())
            : new StorageFault(FaultKind.SourceChanged, "The file was changed while it was read.");
    }

    private static async Task<StorageFault?> FillAsync(
        ISource source, SourceItem item, long size, PipeWriter into, CancellationToken cancellationToken)
    {
        try
        {
            return size == 0 ? null : await source.ReadAsync(item, 0, size, into, cancellationToken);
        }
        finally
        {
            await into.CompleteAsync();
        }
    }
}
