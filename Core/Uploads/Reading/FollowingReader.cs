using ChunkUpload.Core.Storage;

namespace ChunkUpload.Core.Uploads.Reading;

/// <summary>
/// Reads a range of an upload in the store of another node. If its bytes are moved meanwhile, that node unlinks the file within seconds,
/// and the reader continues where they are now. Not needed for a file of this process's store: an open descriptor keeps it.
/// </summary>
/// <param name="find">Returns where the bytes from an offset of the upload on are now.</param>
/// <param name="open">Opens a file.</param>
internal sealed class FollowingReader(
    Extent range, IStoredFileReader reader, Func<long, CancellationToken, Task<Extent?>> find, Func<StoredFile, IStoredFileReader> open)
    : IStoredFileReader
{
    private const int HashBuffer = 256 << 10;

    private readonly Extent _first = range;
    private Extent _now = range;
    private IStoredFileReader _reader = reader;

    public long Length { get; } = reader.Length;

    public async ValueTask<int> ReadAsync(Memory<byte> buffer, long offset, CancellationToken cancellationToken)
    {
        var at = _first.Range.Offset + offset - _first.FileOffset;
        StoreException? failure = null;
        while (true)
        {
            if (failure is not null || at < _now.Range.Offset || at >= _now.Range.End)
            {
                if (await find(at, cancellationToken) is not { } found || (failure is not null && found.File == _now.File))
                    throw failure ?? new StoreException(StoreError.Damaged, $"The ledger has no extent for byte {at}.");
                var opened = open(found.File);
                _reader.Dispose();
                (_reader, _now, failure) = (opened, found, null);
            }

            try
            {
                return await _reader.ReadAsync(
                    buffer[..(int)Math.Min(buffer.Length, _now.Range.End - at)], _now.FileOffset + at - _now.Range.Offset,
                    cancellationToken);
            }
            catch (StoreException exception) when (exception.Error == StoreError.Unreachable)
            {
                failure = exception;
            }
        }
    }

    public async Task<long> HashAsync(IRunningHash into, long offset, long length, CancellationToken cancellationToken)
    {
        var buffer = new byte[Math.Min(HashBuffer, length)];
        long done = 0;
        while (done < length)
        {
            var read = await ReadAsync(buffer.AsMemory(0, (int)Math.Min(buffer.Length, length - done)), offset + done, cancellationToken);
            if (read == 0)
                break;
            into.Append(buffer.AsSpan(0, read));
            done += read;
        }

        return done;
    }

    public void Dispose() => _reader.Dispose();
}
