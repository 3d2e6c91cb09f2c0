using System.Buffers;
using System.Runtime.InteropServices;

namespace ChunkUpload.Api.Hosting;

/// <summary>
/// Network buffers in a few sizes instead of Kestrel's 4 KiB: small ones for what is small or slow, and large ones so that a fast upload is
/// read, hashed and written in long runs.
/// </summary>
internal sealed class BufferPool : MemoryPool<byte>
{
    /// <summary>For headers, and for bodies that come slowly.</summary>
    public const int Small = 16 << 10;

    /// <summary>From here on a block begins with a page.</summary>
    public const int Large = 256 << 10;

    private const int Medium = 64 << 10;

    // What nobody has needed for so long nobody needs soon.
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(5);

    // For less a collection costs more than it gives back.
    private const long WorthCollecting = 4 << 20;

    private readonly Size[] _sizes;
    private readonly long _mostUnused;
    private readonly ITimer _trimming;
    private long _unused;
    private long _uncollected;

    public BufferPool(HostingOptions options)
    {
        MaxBufferSize = options.BufferSize;
        _mostUnused = options.RetainedBufferBytes;
        _sizes = [.. new[] { Small, Medium, Large, options.BufferSize }.Where(size => size <= options.BufferSize).Distinct().Order().Select(size => new Size(this, size))];
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
        _uncollected += Trim();
        if (_uncollected < WorthCollecting)
            return;
        _uncollected = 0;
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: false);
    }

    private sealed class Size(BufferPool pool, int bytes)
    {
        // Rented and returned at its end: the last one returned is still in the processor's caches.
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
            Block? block = null;
            lock (_unused)
            {
                if (_unused.Count > 0)
                {
                    block = _unused[^1];
                    _unused.RemoveAt(_unused.Count - 1);
                }

                _fewest = Math.Min(_fewest, _unused.Count);
            }

            if (block is null)
                return new Block(this);
            _ = Interlocked.Add(ref pool._unused, -bytes);
            block.Take();
            return block;
        }

        public long Trim()
        {
            long freed;
            lock (_unused)
            {
                freed = (long)_fewest * bytes;
                _unused.RemoveRange(0, _fewest);
                _fewest = _unused.Count;
            }

            _ = Interlocked.Add(ref pool._unused, -freed);
            return freed;
        }

        public void Return(Block block)
        {
            if (Interlocked.Add(ref pool._unused, bytes) > pool._mostUnused)
            {
                _ = Interlocked.Add(ref pool._unused, -bytes);
                return;
            }

            lock (_unused)
                _unused.Add(block);
        }
    }

    private sealed class Block(Size size) : IMemoryOwner<byte>
    {
        // Pinned once for its whole life: the socket layer would otherwise pin it anew for every call. A large one begins with a page, so that a
        // device can take from it what was received.
        private readonly byte[] _bytes = GC.AllocateUninitializedArray<byte>(size.Bytes + Slack(size.Bytes), pinned: true);
        private int _returned;

        public Memory<byte> Memory => MemoryMarshal.CreateFromPinnedArray(_bytes, Start, size.Bytes);

        private int Start => Slack(size.Bytes) == 0 ? 0 : (int)(-Marshal.UnsafeAddrOfPinnedArrayElement(_bytes, 0) & (Environment.SystemPageSize - 1));

        private static int Slack(int bytes) => bytes >= Large ? Environment.SystemPageSize : 0;

        public void Take() => Volatile.Write(ref _returned, 0);

        public void Dispose()
        {
            // Returning a block twice would hand the same memory to two connections.
            if (Interlocked.Exchange(ref _returned, 1) == 0)
                size.Return(this);
        }
    }
}
