using System.Buffers;
using System.IO.Pipelines;
using ChunkUpload.Core.Storage;

namespace ChunkUpload.Api.Tree.Archives;

/// <summary>
/// The directory at the end of a ZIP archive, collected while the entries are sent. A small one stays in memory. A larger one is written to
/// a temporary file block by block, so that the memory of an archive does not depend on the number of its entries.
/// </summary>
internal sealed class CentralDirectory(IScratchFiles files) : IDisposable
{
    private const int BlockSize = 64 << 10;

    private readonly ArrayBufferWriter<byte> _block = new(BlockSize);
    private IScratchFile? _file;

    public long Entries { get; private set; }

    private long Length => (_file?.Length ?? 0) + _block.WrittenCount;

    /// <exception cref="StoreException">The temporary file cannot be written.</exception>
    public async ValueTask AddAsync(ZipRecord record, CancellationToken cancellationToken)
    {
        record.WriteCentralHeader(_block);
        Entries++;
        if (_block.WrittenCount < BlockSize)
            return;
        _file ??= files.Create();
        await _file.AppendAsync(_block.WrittenMemory, cancellationToken);
        _block.ResetWrittenCount();
    }

    /// <summary>Sends the directory and the end of the archive.</summary>
    /// <param name="offset">The position of the directory in the archive.</param>
    /// <exception cref="StoreException">The temporary file cannot be read.</exception>
    public async Task SendAsync(PipeWriter target, long offset, CancellationToken cancellationToken)
    {
        for (long sent = 0; _file is not null && sent < _file.Length;)
        {
            var memory = target.GetMemory(BlockSize);
            var read = await _file.ReadAsync(memory[..(int)Math.Min(BlockSize, _file.Length - sent)], sent, cancellationToken);
            if (read == 0)
                throw new StoreException(StoreError.Io, "A temporary file is shorter than what was written to it.");
            target.Advance(read);
            sent += read;
            _ = await target.FlushAsync(cancellationToken);
        }

        target.Write(_block.WrittenSpan);
        ZipRecord.WriteEnd(target, Entries, offset, Length);
        _ = await target.FlushAsync(cancellationToken);
    }

    public void Dispose() => _file?.Dispose();
}
