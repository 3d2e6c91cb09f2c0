using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Tests.Contracts;

public abstract partial class UploadLedgerContract
{
    /// <summary>
    /// Compares with a model that keeps one flag per byte: chunks of any length in any order, some refused, some reopened.
    /// </summary>
    [Theory]
    [InlineData(1, 60)]
    [InlineData(2, 60)]
    [InlineData(3, 200)]
    [InlineData(4, null)]
    public async Task Missing_ranges_follow_every_order_of_chunks(int seed, int? size)
    {
        var random = new Random(seed);
        var id = await NewAsync(size);
        var model = new bool[size ?? 120];
        var chunks = new List<ByteRange>();

        for (var step = 0; step < 150; step++)
        {
            if (chunks.Count > 0 && random.Next(8) == 0)
            {
                var gone = chunks[random.Next(chunks.Count)];
                Assert.True((await Ledger.ReopenRangeAsync(Me, id, gone, None)).Ok);
                chunks.Remove(gone);
                Array.Fill(model, false, (int)gone.Offset, (int)gone.Length);
            }

            var range = ByteRange.Between(random.Next(model.Length), model.Length);
            range = range with { Length = 1 + random.Next((int)Math.Min(9, range.Length)) };
            var free = !model.AsSpan((int)range.Offset, (int)range.Length).Contains(true);
            var answer = await Ledger.RecordChunkAsync(Chunk(id, range.Offset, range.Length, step), None);
            Assert.Equal(free ? RecordOutcome.Recorded : RecordOutcome.Overlap, answer.Outcome);
            if (free)
            {
                chunks.Add(range);
                Array.Fill(model, true, (int)range.Offset, (int)range.Length);
            }

            Assert.Equal(model.Count(there => there), answer.Upload!.ReceivedBytes);
            await CheckAsync(id, model, size, random);
        }
    }

    [Fact]
    public async Task Chunks_in_random_order_end_as_one_run()
    {
        const int count = 64;
        var id = await NewAsync(count * 10);
        var order = Enumerable.Range(0, count).ToArray();
        new Random(5).Shuffle(order);

        await Task.WhenAll(order.Select(index => RecordAsync(id, index * 10, 10)));

        Assert.Empty(await Ledger.MissingAsync(id, 0, 10, None));
        Assert.Equal((count * 10, 0), await Ledger.FrontAsync(id, None));
        Assert.Equal((long)count * 10, (await GetAsync(id)).ReceivedBytes);
        Assert.Equal(count, (await Ledger.ChunksAsync(id, 0, 1000, None)).Count);
    }

    [Fact]
    public async Task Missing_ranges_come_in_pages()
    {
        var id = await NewAsync(1000);
        for (var offset = 10; offset < 1000; offset += 20)
            await RecordAsync(id, offset, 10);

        var pages = new List<ByteRange>();
        for (long from = 0; await Ledger.MissingAsync(id, from, 7, None) is { Count: > 0 } page; from = page[^1].End)
        {
            Assert.True(page.Count <= 7);
            pages.AddRange(page);
        }

        Assert.Equal(Enumerable.Range(0, 50).Select(index => new ByteRange(index * 20, 10)), pages);
        Assert.Equal([new ByteRange(25, 5), new ByteRange(40, 10)], await Ledger.MissingAsync(id, 25, 2, None));
        Assert.Equal([new ByteRange(40, 10)], await Ledger.MissingAsync(id, 35, 1, None));
        Assert.Empty(await Ledger.MissingAsync(id, 990, 10, None));
        Assert.Empty(await Ledger.MissingAsync(UploadId.New(), 0, 10, None));
    }

    [Fact]
    public async Task Extents_begin_with_the_one_that_holds_the_offset()
    {
        var id = await NewAsync(1000);
        foreach (var offset in new[] { 0, 100, 300 })
            await RecordAsync(id, offset, 100);

        async Task<IEnumerable<long>> From(long from, int limit) =>
            (await Ledger.ExtentsAsync(id, from, limit, None)).Select(extent => extent.Range.Offset);

        Assert.Equal([0L, 100, 300], await From(0, 10));
        Assert.Equal([0L, 100], await From(99, 2));
        Assert.Equal([100L, 300], await From(100, 10));
        Assert.Equal([300L], await From(200, 10));
        Assert.Equal([300L], await From(399, 10));
        Assert.Empty(await From(400, 10));
    }

    [Fact]
    public async Task Chunks_come_from_an_offset_on()
    {
        var id = await NewAsync(1000);
        foreach (var offset in new[] { 0, 100, 300 })
            await RecordAsync(id, offset, 100);

        var chunks = await Ledger.ChunksAsync(id, 1, 1, None);

        Assert.Equal(new ByteRange(100, 100), Assert.Single(chunks).Range);
    }

    private async Task CheckAsync(UploadId id, bool[] model, int? size, Random random)
    {
        var from = random.Next(model.Length + 1);
        var limit = 1 + random.Next(6);
        var end = size ?? (Array.LastIndexOf(model, true) + 1);
        var expected = new List<ByteRange>();
        for (var at = from; at < end && expected.Count < limit; at++)
        {
            var stop = at;
            while (stop < end && !model[stop])
                stop++;
            if (stop > at)
                expected.Add(ByteRange.Between(at, stop));
            at = Math.Max(at, stop);
        }

        Assert.Equal(expected, await Ledger.MissingAsync(id, from, limit, None));
        var front = Array.IndexOf(model, false);
        Assert.Equal(front < 0 ? model.Length : front, (await Ledger.FrontAsync(id, None)).Front);
    }
}
