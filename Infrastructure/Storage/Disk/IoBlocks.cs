using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using ChunkUpload.Core.Storage;
using ChunkUpload.Infrastructure.Posix;

namespace ChunkUpload.Infrastructure.Storage.Disk;

/// <summary>
/// Pooled memory that the device reads and writes itself. Each block is one huge page where the system has them: for a GiB the kernel then
/// looks up 512 pages and not 262,144. Measured for reads of 1 MiB: 0.015 s instead of 0.052 s; with memory that is new each time, 0.43 s.
/// </summary>
internal sealed class IoBlocks : IDisposable
{
    // As many as concurrent copies, hashes and downloads usually need. Further blocks are freed.
    private const int MostUnused = 4;

    private readonly ConcurrentBag<Block> _unused = [];
    private volatile bool _closed;

    public Block Rent() => _unused.TryTake(out var block) ? block : new Block(this);

    public void Dispose()
    {
        _closed = true;
        while (_unused.TryTake(out var block))
            block.Free();
    }

    private void Return(Block block)
    {
        if (_unused.Count >= MostUnused)
        {
            block.Free();
            return;
        }

        _unused.Add(block);
        if (_closed)
            Dispose();
    }

    /// <summary>Two halves: one can be filled while the other is read.</summary>
    public sealed unsafe class Block : IStoredBytes
    {
        public const int Half = 1 << 20;

        private readonly IoBlocks _owner;
        private readonly void* _memory;

        public Block(IoBlocks owner)
        {
            _owner = owner;
            _memory = NativeMemory.AlignedAlloc(2 * Half, 2 * Half);
            // Advice only: without huge pages the block has more, smaller pages.
            _ = Libc.Madvise(_memory, 2 * Half, PosixFlags.AdviseHugePage);
        }

        public Span<byte> First => new(_memory, Half);

        public Span<byte> Second => new((byte*)_memory + Half, Half);

        /// <summary>The filled range of the first half.</summary>
        public Range Filled { get; set; }

        public ReadOnlySpan<byte> Bytes => First[Filled];

        /// <summary>Returns the block to the pool.</summary>
        public void Dispose() => _owner.Return(this);

        public void Free() => NativeMemory.AlignedFree(_memory);
    }
}
