using System.Buffers;
using System.Security.Cryptography;
using ChunkUpload.Client.Downloads;
using ChunkUpload.Client.Folders;
using ChunkUpload.Client.Http;
using ChunkUpload.Client.Progress;
using ChunkUpload.Client.Retrying;
using ChunkUpload.Client.State;
using ChunkUpload.Client.Uploads;
using ChunkUpload.Wire;
using Microsoft.Win32.SafeHandles;

namespace ChunkUpload.Client.Projects;

/// <summary>Writes content in order while it arrives at the service, and computes its SHA-256 on the way.</summary>
internal sealed class ContentFollower(ServiceCalls calls, Attempts attempts, ProgressBoard board, TimeProvider time)
{
    private const int Block = 1 << 20;

    // A kill costs no more than this, however fast the bytes come.
    private const long SaveEachBytes = 4 << 20;

    // The service ends an answer after 20 s without a byte.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan SaveEach = TimeSpan.FromSeconds(1);

    /// <param name="content">The content of one attempt. The bytes of an earlier attempt count: they are of the same version.</param>
    /// <param name="part">The file of the full size in which they gather.</param>
    /// <param name="state">Has what an earlier run wrote.</param>
    /// <returns>The SHA-256 of all bytes.</returns>
    public async Task<string> FetchAsync(RemoteFile content, string part, StateFile state, CancellationToken stop)
    {
        var front = state.State is { Written: [{ Offset: 0 } written] } && new FileInfo(part) is { Exists: true } there
            && there.Length == content.Size && written.Length <= content.Size
            ? written.Length
            : 0;
        using var output = DownloadRun.OpenPart(part, content.Size, isKnown: front > 0);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        await TakeAsync(hash, output, front, stop);
        board.Know(front > 0 ? new RangeSet(new RangeView(0, front)) : new RangeSet(), resumed: front > 0);
        board.Enter(TransferPhase.Moving);
        var (savedAt, unsaved) = (time.GetTimestamp(), 0L);
        try
        {
            await new RangeReader(calls, attempts, board, content, time, Patience)
                .ReadAsync(front, content.Size - front, WriteAsync, stop);
        }
        finally
        {
            Save();
        }

        board.Enter(TransferPhase.Verifying);
        // Best effort: on Linux .NET does not report a failed flush.
        LocalTree.Try(() => RandomAccess.FlushToDisk(output));
        return Convert.ToHexStringLower(hash.GetHashAndReset());

        async ValueTask WriteAsync(long offset, ReadOnlyMemory<byte> bytes)
        {
            try
            {
                await RandomAccess.WriteAsync(output, bytes, offset, stop);
            }
            catch (IOException failure)
            {
                throw TransferException.Local($"The file cannot be written: {failure.Message}", failure);
            }

            hash.AppendData(bytes.Span);
            front = offset + bytes.Length;
            unsaved += bytes.Length;
            if (unsaved >= SaveEachBytes || time.GetElapsedTime(savedAt) > SaveEach)
                Save();
        }

        void Save()
        {
            (savedAt, unsaved) = (time.GetTimestamp(), 0);
            state.Save(known => known! with { Written = front > 0 ? [new RangeView(0, front)] : [] });
        }
    }

    private static async Task TakeAsync(IncrementalHash hash, SafeFileHandle output, long front, CancellationToken stop)
    {
        var block = ArrayPool<byte>.Shared.Rent(Block);
        for (long at = 0; at < front;)
        {
            var read = await RandomAccess.ReadAsync(output, block.AsMemory(0, (int)Math.Min(Block, front - at)), at, stop);
            if (read == 0)
                throw TransferException.Local("The file became shorter while it was written.");
            hash.AppendData(block.AsSpan(0, read));
            at += read;
        }

        ArrayPool<byte>.Shared.Return(block);
    }
}
