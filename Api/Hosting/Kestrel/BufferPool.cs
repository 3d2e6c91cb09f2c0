using System.Buffers;
using System.Runtime.InteropServices;
using ChunkUpload.Core.Hosting;

namespace ChunkUpload.Api.Hosting;

/// <summary>
/// Pools network buffers of a few sizes instead of Kestrel's 4 KiB blocks. Small blocks serve small or slow bodies. Large blocks let a
/// fast upload be read, hashed and written in long runs.
/// </summary>
internal sealed class BufferPool : MemoryPool<byte>
{
    /// <summary>For headers and slow bodies.</summary>
    public const int Small = 16 << 10;

    /// <summary>Blocks of this size and above may be written to a device and are page-aligned.</summary>
    public const int Large = 256 << 10;

    // Large blocks are allocated in groups of this many bytes or blocks and are used in rotation. The device driver of a virtual machine
    // leaves a block that it has just read in another processor's cache. Receiving into this block immediately costs two to four times as
    // much as receiving into one that has left the caches.
    private const int GroupBytes = 8 << 20, MaxGroupBlocks = 16;

    private const int Medium = 64 << 10;

    // The most memory in use in large blocks: 64 fast connections at once. Further connections get medium blocks.
    private const long MaxLargeBytes = 64 << 20;

    // Blocks that stay unused this long are released.
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(5);

    // Below this, a garbage collection costs more than it returns.
    private const long MinCollectedBytes = 4 << 20;

    private readonly IDeviceMemory _memory;
    private readonly SizeClass[] _sizes;
    private readonly long _maxUnusedBytes;
    private readonly ITimer _trimming;
    private long _unusedBytes, _largeBytesInUse, _uncollectedBytes;

    /// <param name="memory">Allocates the memory of large blocks.</param>
    /// <param name="largest">The size of a fast sender's blocks: 1 MiB needs 5 % less processor time than 512 KiB.</param>
    /// <param name="maxUnusedBytes">The most bytes kept for reuse; the rest is released.</param>
    public BufferPool(IDeviceMemory memory, int largest = 1 << 20, long maxUnusedBytes = 64 << 20)
    {
        _memory = memory;
        MaxBufferSize = largest;
        _maxUnusedBytes = maxUnusedBytes;
        _sizes = [.. new[] { Small, Medium, Large, largest }.Where(size => size <= largest).Distinct().Order()
            .Select(size => new SizeClass(this, size))];
        // Uses the system clock also in tests: the memory is real.
        _trimming = TimeProvider.System.CreateTimer(_ => TrimAndCollect(), null, Idle, Idle);
    }

    public override int MaxBufferSize { get; }

    /// <summary>The number of blocks kept for reuse.</summary>
    public int UnusedCount => _sizes.Sum(size => size.UnusedCount);

    public override IMemoryOwner<byte> Rent(int minBufferSize = -1)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(minBufferSize, MaxBufferSize);
        foreach (var size in _sizes)
        {
            if (size.Bytes >= minBufferSize)
                return size.Rent();
        }

        throw new ArgumentOutOfRangeException(nameof(minBufferSize), minBufferSize, "There is no such buffer.");
    }

    /// <summary>Rents a block of the requested size, or a medium one when large blocks use too much memory.</summary>
    public IMemoryOwner<byte> RentUpTo(int bytes)
    {
        bytes = Math.Min(bytes, MaxBufferSize);
        return Rent(bytes > Medium && Volatile.Read(ref _largeBytesInUse) + bytes > MaxLargeBytes ? Medium : bytes);
    }

    /// <summary>Releases the blocks that were unused since the last call.</summary>
    /// <returns>The number of released bytes.</returns>
    internal long Trim() => _sizes.Sum(size => size.Trim());

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _trimming.Dispose();
    }

    // After a burst of requests its garbage is in the oldest generation and would stay until the next full collection.
    private void TrimAndCollect()
    {
        if (Interlocked.Add(ref _uncollectedBytes, Trim()) < MinCollectedBytes)
            return;
        _ = Interlocked.Exchange(ref _uncollectedBytes, 0);
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: false);
    }

    private sealed class SizeClass(BufferPool pool, int bytes)
    {
        // Large blocks are used in rotation. Of the smaller ones the last returned block is used first, because it is still in the
        // processor's caches.
        private readonly bool _isLarge = bytes >= Large;
        private readonly int _groupSize = bytes >= Large
            ? (int)Math.Clamp(pool._maxUnusedBytes / bytes, 1, Math.Clamp(GroupBytes / bytes, 1, MaxGroupBlocks))
            : 1;

        // Every large block begins at a page boundary.
        private readonly int _stride = bytes >= Large ? (bytes + Environment.SystemPageSize - 1) & -Environment.SystemPageSize : bytes;
        private readonly List<Block> _unused = [];
        private int _minUnused;

        public int Bytes => bytes;

        public int UnusedCount
        {
            get
            {
                lock (_unused)
                    return _unused.Count;
            }
        }

        public Block Rent()
        {
            Block block;
            lock (_unused)
            {
                if (_unused.Count == 0)
                    AddGroup();
                var index = _isLarge ? 0 : _unused.Count - 1;
                block = _unused[index];
                _unused.RemoveAt(index);
                block.Group.Unused--;
                _minUnused = Math.Min(_minUnused, _unused.Count);
            }

            _ = Interlocked.Add(ref pool._unusedBytes, -bytes);
            if (_isLarge)
                _ = Interlocked.Add(ref pool._largeBytesInUse, bytes);
            block.MarkRented();
            return block;
        }

        public long Trim()
        {
            long freed;
            lock (_unused)
            {
                var before = _unused.Count;
                // Release the memory of a group only when none of its blocks is in use.
                var idle = _unused.Select(block => block.Group).Distinct().Where(group => group.Unused == _groupSize)
                    .Take(_minUnused / _groupSize).ToHashSet();
                _ = _unused.RemoveAll(block => idle.Contains(block.Group));
                freed = (long)(before - _unused.Count) * bytes;
                _minUnused = _unused.Count;
            }

            _ = Interlocked.Add(ref pool._unusedBytes, -freed);
            return freed;
        }

        public void Return(Block block)
        {
            if (_isLarge)
                _ = Interlocked.Add(ref pool._largeBytesInUse, -bytes);
            var tooMany = Interlocked.Add(ref pool._unusedBytes, bytes) > pool._maxUnusedBytes;
            lock (_unused)
            {
                _unused.Add(block);
                // Release the block together with its group.
                if (++block.Group.Unused < _groupSize || !tooMany)
                    return;
                _ = _unused.RemoveAll(other => other.Group == block.Group);
            }

            _ = Interlocked.Add(ref pool._unusedBytes, -_groupSize * (long)bytes);
            _ = Interlocked.Add(ref pool._uncollectedBytes, _groupSize * (long)bytes);
        }

        private void AddGroup()
        {
            var all = _isLarge
                ? pool._memory.Allocate(_groupSize * _stride)
                : MemoryMarshal.CreateFromPinnedArray(GC.AllocateUninitializedArray<byte>(bytes, pinned: true), 0, bytes);
            var group = new Group { Unused = _groupSize };
            for (var number = 0; number < _groupSize; number++)
                _unused.Add(new Block(this, group, all.Slice(number * _stride, bytes)));
            _ = Interlocked.Add(ref pool._unusedBytes, _groupSize * (long)bytes);
        }
    }

    /// <summary>The memory that a group of blocks shares; a small block is a group of its own.</summary>
    private sealed class Group
    {
        public int Unused { get; set; }
    }

    private sealed class Block(SizeClass size, Group group, Memory<byte> memory) : IMemoryOwner<byte>
    {
        private int _returned;

        public Group Group => group;

        // Pinned permanently, because the socket layer would otherwise pin it for every call.
        public Memory<byte> Memory => memory;

        public void MarkRented() => Volatile.Write(ref _returned, 0);

        public void Dispose()
        {
            // Returning a block twice would hand the same memory to two connections.
            if (Interlocked.Exchange(ref _returned, 1) == 0)
                size.Return(this);
        }
    }
}
