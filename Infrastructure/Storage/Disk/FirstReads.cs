using ChunkUpload.Core.Storage;

namespace ChunkUpload.Infrastructure.Storage.Disk;

/// <summary>
/// How much of which part of a file was read past the page cache for downloads. Most files are downloaded once; what is asked for again
/// shall come from memory, so the page cache is left out once for each byte of a part, about.
/// </summary>
internal sealed class FirstReads
{
    // The oldest are forgotten: theirs count as never read.
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

    /// <summary>Of one file. Beside others that read it, too: some bytes more or less do no harm.</summary>
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

        /// <summary>Whether as much was read of the part that the byte lies in as there is.</summary>
        public bool WasRead(long offset) => Part(offset) is var part
            && Volatile.Read(ref _read[part]) >= Math.Min(_size, _length - (part * _size));

        public void Add(long offset, long count) => Interlocked.Add(ref _read[Part(offset)], count);

        private long Part(long offset) => Math.Min(offset / _size, _read.Length - 1);
    }
}
