using System.IO.Pipelines;
using System.Security.Cryptography;
using ChunkUpload.Core.Connections;
using ChunkUpload.Core.Options;
using ChunkUpload.Core.Storage;
using ChunkUpload.Infrastructure.Outbound;
using ChunkUpload.Infrastructure.Storage.Disk;
using Microsoft.Extensions.Options;
using Microsoft.Win32.SafeHandles;

namespace ChunkUpload.Infrastructure.Connectors.Web;

/// <summary>
/// Stores a file of unknown size in the data directory while it is transferred. The file has no name there, so that nothing is left after a
/// kill.
/// </summary>
internal sealed class WebKeeper(IOptions<DataOptions> data, IChunkStore store)
{
    private const int BufferSize = 1 << 18;
    private const int NoSpaceLeft = 28;

    /// <summary>The number of bytes after which the free space is checked again.</summary>
    private const long LookEvery = 64 << 20;

    /// <param name="room">The free bytes at the destination; <c>null</c> if unknown.</param>
    /// <param name="pace">Throttles the download.</param>
    public async Task<Outcome<KeptFile>> KeepAsync(
        WebReading reading, long? room, Func<int, ValueTask> pace, CancellationToken cancellationToken)
    {
        // An endless response must not use up the space for uploads.
        var most = (store.Health.FreeBytes - store.Health.ReserveBytes) / 2;
        var handle = ScratchFiles.Unlinked(data.Value.Directory);
        var done = false;
        try
        {
            using var sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            var buffer = new byte[BufferSize];
            long length = 0;
            for (var look = 0L; ;)
            {
                if (length >= look)
                {
                    if (!store.HasRoomFor(LookEvery))
                        return Full;
                    look = length + LookEvery;
                }

                var read = await reading.ReadAsync(buffer, cancellationToken);
                if (read == 0)
                    break;
                sha256.AppendData(buffer, 0, read);
                await RandomAccess.WriteAsync(handle, buffer.AsMemory(0, read), length, cancellationToken);
                length += read;
                if (length > room)
                    return Over;
                if (length > most)
                    return TooLarge(most);
                await pace(read);
            }

            if (reading.DamagedFault() is { } damaged)
                return damaged;
            done = true;
            return new KeptFile(handle, length, Convert.ToHexStringLower(sha256.GetHashAndReset()));
        }
        catch (IOException reason) when (reason.HResult == NoSpaceLeft)
        {
            return Full;
        }
        catch (Exception reason) when (NetworkFaults.Of(reason) is not null)
        {
            return reading.BrokenOff();
        }
        finally
        {
            if (!done)
                handle.Dispose();
        }
    }

    private static StorageFault Full => new(
        FaultKind.Space, "The server does not say how large the file is, and this service has no room to keep it until it is read.");

    private static StorageFault Over => new(
        FaultKind.Full, "The server does not say how large the file is, and it has more bytes than there is room for at the destination.");

    private static StorageFault TooLarge(long most) => new(
        FaultKind.Refused,
        $"The server does not say how large the file is, and it has more than {most >> 20} MiB, half of the room to keep it.");
}

/// <summary>A stored file that is being transferred.</summary>
internal sealed class KeptFile(SafeFileHandle handle, long length, string sha256) : IDisposable
{
    public long Length { get; } = length;

    public string Sha256 { get; } = sha256;

    public async Task<StorageFault?> CopyAsync(long offset, long count, PipeWriter into, CancellationToken cancellationToken)
    {
        for (var end = offset + count; offset < end;)
        {
            var memory = into.GetMemory();
            var read = await RandomAccess.ReadAsync(
                handle, memory[..(int)Math.Min(memory.Length, end - offset)], offset, cancellationToken);
            if (read == 0)
                return new StorageFault(FaultKind.SourceChanged, "The kept file has expired.");
            into.Advance(read);
            offset += read;
            if ((await into.FlushAsync(cancellationToken)).IsCompleted)
                return null;
        }

        return null;
    }

    public void Dispose() => handle.Dispose();
}
