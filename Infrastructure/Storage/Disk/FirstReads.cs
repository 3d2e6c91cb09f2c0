using ChunkUpload.Core.Storage;

namespace ChunkUpload.Infrastructure.Storage.Disk;

/// <summary>
/// How much of each part of a file downloads have read past the page cache. Most files are downloaded once. A repeated download should come
/// from memory, so the page cache is bypassed about once for each byte of a part.
/// </summary>
internal sealed class FirstReads
{
    // The oldest files are forgotten and count as never read.
    private const int MostFiles = 1024;

    private const int MostParts = 256;

    private const long SmallestPart = 4 << 20;

    private readonly Dictionary<StoredFile, Parts> _files = [];
    private readonly Queue<StoredFile> _order = [];

    public Parts Of(StoredFile file, long length)
    {
        lock (_files)
        {
            if (_files.TryGetValue(file, out var parts))
                return parts;
            if (_files.Count == MostFiles)
                _ = _files.Remove(_order.Dequeue());
            _order.Enqueue(file);
            return _files[file] = new Parts(length);
        }
    }

    /// <summary>The parts of one file. Concurrent readers may add to them; an inexact count does no harm.</summary>
    public sealed class Parts
    {
        private readonly long _length, _size;
        private readonly long[] _read;

        public Parts(long length)
        {
            _length = length;
            _size = Math.Max(SmallestPart, (length + MostParts - 1) / MostParts);
            _read = new long[1 + (length / _size)];
        }

        /// <summary>Whether downloads have read as many bytes of the part around this offset as the part is long.</summary>
        public bool WasRead(long offset) => Part(offset) is var part
            && Volatile.Read(ref _read[part]) >= Math.Min(_size, _length - (part * _size));

        public void Add(long offset, long count) => Interlocked.Add(ref _read[Part(offset)], count);

        private long Part(long offset) => Math.Min(offset / _size, _read.Length - 1);
    }
}
