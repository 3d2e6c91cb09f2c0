using System.Buffers;
using System.Runtime.InteropServices;
using ChunkUpload.Core.Hosting;

namespace ChunkUpload.Api.Hosting;

/// <summary>
/// Network buffers in a few sizes instead of Kestrel's 4 KiB: small ones for what is small or slow, and large ones so that a fast upload is
/// read, hashed and written in long runs.
/// </summary>
internal sealed class BufferPool : MemoryPool<byte>
{
    /// <summary>For headers, and for bodies that come slowly.</summary>
    public const int Small = 16 << 10;

    /// <summary>From here on a block is for a device: it begins with a page.</summary>
    public const int Large = 256 << 10;

    // So much memory, or so many, blocks for a device have together, and are used in turn. What a device has just read is in the caches of
    // another processor (a virtual one is read by its host): to receive into it at once costs two to four times as much as into what has
    // left them.
    private const int Together = 8 << 20, Turns = 16;

    private const int Medium = 64 << 10;

    // So much is in use in large blocks at most: 64 connections that are fast at the same time. More of them have medium ones.
    private const long MostLarge = 64 << 20;

    // What nobody has needed for so long nobody needs soon.
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(5);

    // For less a collection costs more than it gives back.
    private const long WorthCollecting = 4 << 20;

    private readonly IDeviceMemory _memory;
    private readonly Size[] _sizes;
    private readonly long _mostUnused;
    private readonly ITimer _trimming;
    private long _unused, _largeInUse, _uncollected;

    /// <param name="memory">Where blocks for a device lie.</param>
    /// <param name="largest">What a fast sender is received into: 1 MiB costs a twentieth less processor time than 512 KiB.</param>
    /// <param name="mostUnused">Bytes that wait for reuse at most; the rest goes back to the system.</param>
    public BufferPool(IDeviceMemory memory, int largest = 1 << 20, long mostUnused = 64 << 20)
    {
        _memory = memory;
        MaxBufferSize = largest;
        _mostUnused = mostUnused;
        _sizes = [.. new[] { Small, Medium, Large, largest }.Where(size => size <= largest).Distinct().Order()
            .Select(size => new Size(this, size))];
        // In real time, as the memory is real.
        _trimming = TimeProvider.System.CreateTimer(_ => GiveBack(), null, Idle, Idle);
    }

    public override int MaxBufferSize { get; }

    /// <summary>How many blocks wait for reuse.</summary>
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

    /// <summary>A block as large as is asked for, where there is enough memory.</summary>
    public IMemoryOwner<byte> RentUpTo(int bytes)
    {
        bytes = Math.Min(bytes, MaxBufferSize);
        return Rent(bytes > Medium && Volatile.Read(ref _largeInUse) + bytes > MostLarge ? Medium : bytes);
    }

    /// <summary>Lets go of the blocks that waited for reuse ever since the last call.</summary>
    /// <returns>Their bytes.</returns>
    internal long Trim() => _sizes.Sum(size => size.Trim());

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _trimming.Dispose();
    }

    // A burst of requests is over. What it has left behind is old by now, and would lie there until a next one.
    private void GiveBack()
    {
        if (Interlocked.Add(ref _uncollected, Trim()) < WorthCollecting)
            return;
        _ = Interlocked.Exchange(ref _uncollected, 0);
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: false);
    }

    private sealed class Size(BufferPool pool, int bytes)
    {
        // Those for a device are used in turn; of the others the last one returned, at the end, is still in the processor's caches.
        private readonly bool _inTurn = bytes >= Large;
        private readonly int _together = bytes >= Large
            ? (int)Math.Clamp(pool._mostUnused / bytes, 1, Math.Clamp(Together / bytes, 1, Turns))
            : 1;

        // Each begins with a page.
        private readonly int _stride = bytes >= Large ? (bytes + Environment.SystemPageSize - 1) & -Environment.SystemPageSize : bytes;
        private readonly List<Block> _unused = [];
        private int _fewest;

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
                    Make();
                var index = _inTurn ? 0 : _unused.Count - 1;
                block = _unused[index];
                _unused.RemoveAt(index);
                block.Owner.Unused--;
                _fewest = Math.Min(_fewest, _unused.Count);
            }

            _ = Interlocked.Add(ref pool._unused, -bytes);
            if (_inTurn)
                _ = Interlocked.Add(ref pool._largeInUse, bytes);
            block.Take();
            return block;
        }

        public long Trim()
        {
            long freed;
            lock (_unused)
            {
                var before = _unused.Count;
                // Memory that blocks have together goes when nobody uses any of them.
                var idle = _unused.Select(block => block.Owner).Distinct().Where(owner => owner.Unused == _together)
                    .Take(_fewest / _together).ToHashSet();
                _ = _unused.RemoveAll(block => idle.Contains(block.Owner));
                freed = (long)(before - _unused.Count) * bytes;
                _fewest = _unused.Count;
            }

            _ = Interlocked.Add(ref pool._unused, -freed);
            return freed;
        }

        public void Return(Block block)
        {
            if (_inTurn)
                _ = Interlocked.Add(ref pool._largeInUse, -bytes);
            var tooMany = Interlocked.Add(ref pool._unused, bytes) > pool._mostUnused;
            lock (_unused)
            {
                _unused.Add(block);
                // It goes back to the system with all that it shares its memory with.
                if (++block.Owner.Unused < _together || !tooMany)
                    return;
                _ = _unused.RemoveAll(other => other.Owner == block.Owner);
            }

            _ = Interlocked.Add(ref pool._unused, -_together * (long)bytes);
            _ = Interlocked.Add(ref pool._uncollected, _together * (long)bytes);
        }

        private void Make()
        {
            var all = _inTurn
                ? pool._memory.Allocate(_together * _stride)
                : MemoryMarshal.CreateFromPinnedArray(GC.AllocateUninitializedArray<byte>(bytes, pinned: true), 0, bytes);
            var owner = new Owner { Unused = _together };
            for (var number = 0; number < _together; number++)
                _unused.Add(new Block(this, owner, all.Slice(number * _stride, bytes)));
            _ = Interlocked.Add(ref pool._unused, _together * (long)bytes);
        }
    }

    /// <summary>What blocks have their memory from, alone or together.</summary>
    private sealed class Owner
    {
        public int Unused { get; set; }
    }

    private sealed class Block(Size size, Owner owner, Memory<byte> memory) : IMemoryOwner<byte>
    {
        private int _returned;

        public Owner Owner => owner;

        // Pinned for its whole life: the socket layer would otherwise pin it anew for every call.
        public Memory<byte> Memory => memory;

        public void Take() => Volatile.Write(ref _returned, 0);

        public void Dispose()
        {
            // Returning a block twice would hand the same memory to two connections.
            if (Interlocked.Exchange(ref _returned, 1) == 0)
                size.Return(this);
        }
    }
}
