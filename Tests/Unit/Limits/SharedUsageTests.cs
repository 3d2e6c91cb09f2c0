using ChunkUpload.Core.Limits;

namespace ChunkUpload.Tests.Unit.Limits;

/// <summary>How the nodes of a ledger share limits, by what each tells of its use.</summary>
public sealed class SharedUsageTests
{
    private const string Key = "k";

    private readonly SharedUsage _usage = new();

    [Theory]
    // Nodes that want more have equal parts.
    [InlineData(100, new long[] { ~100 }, 50)]
    [InlineData(90, new long[] { ~30, ~30 }, 30)]
    // One that uses little keeps that, with room to grow by a quarter, and the others share the rest.
    [InlineData(100, new long[] { 8 }, 90)]
    [InlineData(100, new long[] { 8, ~45 }, 45)]
    [InlineData(100, new long[] { 8, 16, ~35 }, 35)]
    // One that would use more than an equal part has an equal part.
    [InlineData(100, new long[] { 90 }, 50)]
    [InlineData(1, new long[] { ~1, ~1, ~1 }, 1)]
    public void A_rate_is_divided_by_what_each_node_wants(long rate, long[] told, long part)
    {
        Hear(told);
        Assert.Equal(part, _usage.PartOf(Key, rate));
    }

    [Fact]
    public void A_rate_that_no_other_node_uses_is_not_divided()
    {
        Assert.Equal(100, _usage.PartOf(Key, 100));
        _usage.Hear([new Dictionary<string, long>(), new Dictionary<string, long> { ["another"] = ~100 }]);
        Assert.Equal(100, _usage.PartOf(Key, 100));
    }

    [Fact]
    public void What_the_others_use_is_their_sum_until_they_tell_anew()
    {
        Hear([5, ~7]);
        Assert.Equal(12, _usage.OfOthers(Key));
        Hear([1]);
        Assert.Equal(1, _usage.OfOthers(Key));
        _usage.Hear([]);
        Assert.Equal(0, _usage.OfOthers(Key));
        Assert.False(_usage.IsShared);
    }

    [Fact]
    public void A_service_without_other_nodes_tells_nothing_and_one_with_them_the_largest_of_each_source()
    {
        _usage.Add(() => Enumerable.Range(1, 3000).Select(value => KeyValuePair.Create($"a{value}", (long)value)));
        _usage.Add(() => [KeyValuePair.Create("b", 1L)]);
        Assert.Null(_usage.Report());
        Hear([]);
        Assert.Null(_usage.Report());
        _usage.Hear([new Dictionary<string, long>()]);
        var told = _usage.Report()!;
        Assert.Equal(1001, told.Count);
        Assert.Equal((3000, 1), (told["a3000"], told["b"]));
        Assert.DoesNotContain("a2000", told.Keys);
    }

    private void Hear(long[] told) => _usage.Hear(told.Select(value => new Dictionary<string, long> { [Key] = value }));
}
