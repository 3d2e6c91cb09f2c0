using ChunkUpload.Core.Access;
using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Tests.Contracts;

public abstract partial class UploadLedgerContract
{
    private async Task<List<UploadId>> WalkAsync(UploadQuery query)
    {
        var found = new List<UploadId>();
        PageKey? after = null;
        do
        {
            var page = await Ledger.ListAsync(query with { After = after }, None);
            Assert.True(page.Items.Count <= query.Limit);
            found.AddRange(page.Items.Select(upload => upload.Id));
            after = page.Next;
        }
        while (after is not null);
        return found;
    }

    [Theory]
    [InlineData(UploadSort.CreatedAt, true)]
    [InlineData(UploadSort.CreatedAt, false)]
    [InlineData(UploadSort.Name, true)]
    [InlineData(UploadSort.Name, false)]
    [InlineData(UploadSort.Size, true)]
    [InlineData(UploadSort.Size, false)]
    public async Task Pages_join_without_a_gap_in_every_order(UploadSort sort, bool descending)
    {
        var all = new List<Upload>();
        var random = new Random(3);
        for (var index = 0; index < 40; index++)
        {
            var id = await NewAsync(
                random.Next(3) == 0 ? null : random.Next(5), $"{(char)(random.Next(2) == 0 ? 'a' : 'A') + random.Next(4)}");
            if (random.Next(3) == 0)
                await Ledger.PauseAsync(Me, id, None);
            else if (random.Next(3) == 0)
                await Ledger.EndAsync(Me, id, UploadState.Cancelled, "x", None);
            all.Add(await GetAsync(id));
        }

        await Ledger.CreateAsync(Session(1, caller: new Caller("tenant-b", "x")), None);
        var query = new UploadQuery(Me) { Sort = sort, Descending = descending };

        var one = await Ledger.ListAsync(query with { Limit = 100 }, None);
        Assert.Null(one.Next);
        Assert.Equal(40, one.Items.Count);
        Assert.Equal(all.Select(upload => upload.Id).Order(IdOrder), one.Items.Select(upload => upload.Id).Order(IdOrder));
        var keys = one.Items.Select(upload => Key(upload, sort)).ToList();
        Assert.Equal(descending ? keys.OrderDescending() : keys.Order(), keys);
        foreach (var limit in new[] { 1, 7, 39, 40 })
            Assert.Equal(one.Items.Select(upload => upload.Id), await WalkAsync(query with { Limit = limit }));

        IReadOnlyList<UploadState> some = [UploadState.Paused, UploadState.Cancelled];
        Assert.Equal(
            one.Items.Where(upload => some.Contains(upload.State)).Select(upload => upload.Id),
            await WalkAsync(query with { Limit = 3, States = some }));
    }

    [Fact]
    public async Task Finds_a_part_of_a_name_as_it_is_written()
    {
        foreach (var name in new[] { "Holiday 100%.mp4", "holiday 1000.mp4", "a_b.txt", "aXb.txt", "c\\d.txt", "ümlaut.txt" })
            await NewAsync(1, name);

        async Task<IEnumerable<string>> FindAsync(string part) =>
            (await Ledger.ListAsync(new UploadQuery(Me) { NameContains = part, Sort = UploadSort.Name, Descending = false }, None))
            .Items.Select(upload => upload.FileName);

        Assert.Equal(["Holiday 100%.mp4", "holiday 1000.mp4"], await FindAsync("HOLI"));
        Assert.Equal(["Holiday 100%.mp4"], await FindAsync("0%"));
        Assert.Equal(["a_b.txt"], await FindAsync("a_b"));
        Assert.Equal(["c\\d.txt"], await FindAsync("\\"));
        Assert.Equal(["ümlaut.txt"], await FindAsync("üm"));
        Assert.Empty(await FindAsync("'; drop table uploads; --"));
    }

    [Fact]
    public async Task Filters_by_the_time_of_creation()
    {
        var ids = new List<UploadId>();
        for (var index = 0; index < 3; index++)
            ids.Add(await NewAsync(1));
        var middle = await GetAsync(ids[1]);

        var after = await Ledger.ListAsync(new UploadQuery(Me) { CreatedAfter = middle.CreatedAt }, None);
        var before = await Ledger.ListAsync(new UploadQuery(Me) { CreatedBefore = middle.CreatedAt, Sort = UploadSort.Size }, None);

        Assert.Equal([ids[2]], after.Items.Select(upload => upload.Id));
        Assert.Equal([ids[0]], before.Items.Select(upload => upload.Id));
    }

    private static readonly Comparer<UploadId> IdOrder = Comparer<UploadId>.Create((left, right) => left.Value.CompareTo(right.Value));

    private static IComparable Key(Upload upload, UploadSort sort) => sort switch
    {
        UploadSort.CreatedAt => upload.CreatedAt,
        UploadSort.Name => upload.FileName.ToLowerInvariant(),
        _ => upload.Size ?? -1,
    };
}
