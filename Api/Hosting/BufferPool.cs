using System.Buffers;
using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Connections;

namespace ChunkUpload.Api.Hosting;

/// <summary>
/// Network buffers of one large size instead of Kestrel's 4 KiB blocks, so that an upload is read, hashed and written in long
/// runs. One PUT of 512 MiB costs the service 2.7 CPU seconds with 4 KiB, 1.6 with 64 KiB and 1.7 with 256 KiB.
/// </summary>
/// <remarks>One pool serves every transport queue: a block that one queue gave back is warm for the next.</remarks>
internal sealed class BufferPool(HostingOptions options) : MemoryPool<byte>, IMemoryPoolFactory<byte>
{
    private readonly ConcurrentQueue<Block> _unused = new();
    private readonly int _mostUnused = (int)Math.Min(int.MaxValue, options.RetainedBufferBytes / options.BufferSize);
    private int _unusedCount;

    public override int MaxBufferSize => options.BufferSize;

    /// <summary>How many blocks wait for reuse.</summary>
    public int UnusedCount => Volatile.Read(ref _unusedCount);

    public MemoryPool<byte> Create(MemoryPoolOptions? options = null) => this;

    public override IMemoryOwner<byte> Rent(int minBufferSize = -1)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(minBufferSize, MaxBufferSize);
        if (!_unused.TryDequeue(out var block))
            return new Block(this);
        _ = Interlocked.Decrement(ref _unusedCount);
        block.Take();
        return block;
    }

    // Each transport queue disposes "its" pool when it ends; the blocks are plain managed memory and need no disposal.
    protected override void Dispose(bool disposing)
    {
    }

    private void Return(Block block)
    {
        if (Interlocked.Increment(ref _unusedCount) <= _mostUnused)
            _unused.Enqueue(block);
        else
            _ = Interlocked.Decrement(ref _unusedCount);
    }

    private sealed class Block(BufferPool pool) : IMemoryOwner<byte>
    {
        // Pinned once for its whole life: the socket layer would otherwise pin it anew for every call.
        private readonly byte[] _bytes = GC.AllocateUninitializedArray<byte>(pool.MaxBufferSize, pinned: true);
        private int _returned;

        public Memory<byte> Memory => MemoryMarshal.CreateFromPinnedArray(_bytes, 0, _bytes.Length);

        public void Take() => Volatile.Write(ref _returned, 0);

        public void Dispose()
        {
            // Returning a block twice would hand the same memory to two connections.
            if (Interlocked.Exchange(ref _returned, 1) == 0)
                pool.Return(this);
        }
    }
}
