using System.Buffers;
using ChunkUpload.Api.Hosting;
using ChunkUpload.Infrastructure.Posix;

namespace ChunkUpload.Tests.Unit.Hosting;

public sealed class BufferPoolTests
{
    private const int Size = 8192;

    private const int Longest = 1 << 20;

    // How many of the longest fit into 8 MiB.
    private const int Together = 8;

    [Fact]
    public void Rents_blocks_of_one_size_for_any_request()
    {
        using var pool = Pool(retained: 4);
        using var any = pool.Rent();
        using var small = pool.Rent(1);
        using var whole = pool.Rent(Size);
        Assert.All(new[] { any, small, whole }, block => Assert.Equal(Size, block.Memory.Length));
        Assert.Throws<ArgumentOutOfRangeException>(() => pool.Rent(Size + 1));
    }

    [Fact]
    public void Uses_a_returned_block_again()
    {
        using var pool = Pool(retained: 4);
        var first = pool.Rent();
        first.Memory.Span[0] = 42;
        first.Dispose();

        using var second = pool.Rent();
        Assert.Same(first, second);
        Assert.Equal(42, second.Memory.Span[0]);
    }

    [Fact]
    public void Hands_out_first_what_was_returned_last()
    {
        using var pool = Pool(retained: 3);
        var blocks = Enumerable.Range(0, 3).Select(_ => pool.Rent()).ToList();
        blocks.ForEach(block => block.Dispose());
        using var next = pool.Rent();
        Assert.Same(blocks[2], next);
    }

    [Fact]
    public void Keeps_no_more_than_its_limit()
    {
        using var pool = Pool(retained: 2);
        var blocks = Enumerable.Range(0, 5).Select(_ => pool.Rent()).ToList();
        blocks.ForEach(block => block.Dispose());
        Assert.Equal(2, pool.UnusedCount);
    }

    [Fact]
    public void Releases_buffers_that_were_not_needed_since_the_last_time()
    {
        using var pool = Pool(retained: 10);
        var burst = Enumerable.Range(0, 8).Select(_ => pool.Rent()).ToList();
        burst.ForEach(block => block.Dispose());
        Assert.Equal(0, pool.Trim());

        var busy = Enumerable.Range(0, 3).Select(_ => pool.Rent()).ToList();
        busy.ForEach(block => block.Dispose());
        Assert.Equal(5 * Size, pool.Trim());
        Assert.Equal(3, pool.UnusedCount);
        var kept = Enumerable.Range(0, 3).Select(_ => pool.Rent()).ToList();
        Assert.Equal(busy.ToHashSet(), kept.ToHashSet());
        kept.ForEach(block => block.Dispose());
        Assert.Equal(0, pool.Trim());

        Assert.Equal(3 * Size, pool.Trim());
        Assert.Equal(0, pool.UnusedCount);
        pool.Rent().Dispose();
        Assert.Equal(1, pool.UnusedCount);
    }

    [Fact]
    public void Hands_out_no_block_twice_that_was_returned_twice()
    {
        using var pool = Pool(retained: 4);
        var block = pool.Rent();
        block.Dispose();
        block.Dispose();

        using var first = pool.Rent();
        using var second = pool.Rent();
        Assert.NotSame(first, second);
    }

    [Fact]
    public async Task Hands_no_block_to_two_at_once()
    {
        using var pool = Pool(retained: 3);
        await Parallel.ForEachAsync(Enumerable.Range(0, 20_000), async (number, _) =>
        {
            using var block = pool.Rent();
            BitConverter.TryWriteBytes(block.Memory.Span, number);
            await Task.Yield();
            Assert.Equal(number, BitConverter.ToInt32(block.Memory.Span));
        });
        Assert.InRange(pool.UnusedCount, 0, 3);
    }

    [Theory]
    [InlineData(BufferPool.Large, 16)]
    [InlineData(Longest, Together)]
    public void Blocks_for_a_device_are_used_in_turn_and_begin_with_a_page(int size, int together)
    {
        using var pool = Large();
        var seen = new List<IMemoryOwner<byte>>();
        for (var turn = 0; turn < 2 * together; turn++)
        {
            using var block = pool.Rent(size);
            Assert.Equal(size, block.Memory.Length);
            Assert.Equal(0, AddressOf(block) % Environment.SystemPageSize);
            seen.Add(block);
        }

        Assert.Equal(together, seen.Distinct().Count());
        Assert.Equal(seen[..together], seen[together..]);
        // In huge pages, and none overlaps another.
        Assert.Equal(0, seen.Min(AddressOf) % (2 << 20));
        Assert.Equal(Enumerable.Range(0, together).Select(number => seen.Min(AddressOf) + (number * (long)size)), seen[..together]
            .Select(AddressOf).Order());
    }

    [Fact]
    public void Memory_that_blocks_have_together_goes_when_none_of_them_was_needed()
    {
        using var pool = Large();
        var burst = Enumerable.Range(0, (2 * Together) + 1).Select(_ => pool.Rent(Longest)).ToList();
        Assert.Equal(Together - 1, pool.UnusedCount);
        burst.ForEach(block => block.Dispose());
        Assert.Equal(0, pool.Trim());

        // A request that continues keeps the blocks that it alternates between, and no more.
        using (var held = pool.Rent(Longest))
            Assert.Equal(2 * Together * (long)Longest, pool.Trim());
        Assert.Equal(Together, pool.UnusedCount);
        Assert.Equal(0, pool.Trim());
        Assert.Equal(Together * (long)Longest, pool.Trim());
        Assert.Equal(0, pool.UnusedCount);
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(3, 3)]
    [InlineData(10, 8)]
    public void Blocks_that_share_memory_go_together_where_they_are_too_many(int retained, int together)
    {
        using var pool = new BufferPool(new DeviceMemory(), maxUnusedBytes: retained * (long)Longest);
        var burst = Enumerable.Range(0, 50).Select(_ => pool.Rent(Longest)).ToList();
        burst.ForEach(block => block.Dispose());
        Assert.InRange(pool.UnusedCount, 0, retained);
        Assert.Equal(0, pool.UnusedCount % together);
        _ = pool.Trim();
        _ = pool.Trim();
        Assert.Equal(0, pool.UnusedCount);
    }

    [Fact]
    public void Blocks_for_a_device_of_any_size_begin_with_a_page()
    {
        using var pool = new BufferPool(new DeviceMemory(), largest: 300_001);
        var blocks = Enumerable.Range(0, 5).Select(_ => pool.Rent(300_001)).ToList();
        Assert.All(blocks, block => Assert.Equal((300_001, 0L), (block.Memory.Length, AddressOf(block) % Environment.SystemPageSize)));
        blocks.ForEach(block => block.Dispose());
    }

    [Fact]
    public void Gives_medium_blocks_where_too_many_are_large()
    {
        using var pool = Large();
        var fast = Enumerable.Range(0, 64).Select(_ => pool.RentUpTo(1 << 30)).ToList();
        Assert.All(fast, block => Assert.Equal(Longest, block.Memory.Length));
        using (var one = pool.RentUpTo(1 << 30))
        using (var other = pool.RentUpTo(BufferPool.Large))
            Assert.Equal((64 << 10, 64 << 10), (one.Memory.Length, other.Memory.Length));
        // The memory is free for others.
        using (var whole = pool.Rent(Longest))
            Assert.Equal(Longest, whole.Memory.Length);
        fast[0].Dispose();
        using (var again = pool.RentUpTo(BufferPool.Large))
            Assert.Equal(BufferPool.Large, again.Memory.Length);
        using (var again = pool.RentUpTo(Longest))
            Assert.Equal(Longest, again.Memory.Length);
        fast[1..].ForEach(block => block.Dispose());
    }

    private static unsafe long AddressOf(IMemoryOwner<byte> block)
    {
        using var pinned = block.Memory.Pin();
        return (long)pinned.Pointer;
    }

    private static BufferPool Large() => new(new DeviceMemory());

    private static BufferPool Pool(int retained) =>
        new(new DeviceMemory(), Size, retained * Size);
}
