using ChunkUpload.Core.Limits;
using ChunkUpload.Infrastructure.Connectors;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Unit.Transfers;

/// <summary>How much goes out to a provider in a window of time.</summary>
public sealed class RequestLimitsTests
{
    private static readonly Guid Account = Guid.NewGuid();
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(100);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(10);

    private readonly ManualTime _time = new();

    [Fact]
    public void Most_of_a_limit_goes_at_once_and_the_rest_is_spread()
    {
        var limits = new RequestLimits("a", 100, 0, Window, new SharedUsage(), _time);
        var waits = Enumerable.Range(0, 90).Select(_ => limits.Take(Account, 1, TimeSpan.MaxValue)).ToList();
        Assert.All(waits.Take(81), wait => Assert.Equal(TimeSpan.Zero, wait));
        Assert.True(waits[81] > TimeSpan.Zero && waits[81] < Longest, $"{waits[81]}");
        Assert.True(waits.Skip(81).SequenceEqual(waits.Skip(81).Order()), "each waits longer than the one before");
    }

    [Fact]
    public void No_window_has_more_than_the_limit_however_much_is_wanted()
    {
        var limits = new RequestLimits("a", 50, 0, Window, new SharedUsage(), _time);
        var sent = new List<DateTimeOffset>();
        for (var at = 0; at < 2000; at++)
        {
            while (true)
            {
                var wait = limits.Take(Account, 1, Longest);
                if (wait > Longest)
                {
                    _time.Advance(wait);
                    continue;
                }

                _time.Advance(wait);
                sent.Add(_time.GetUtcNow());
                break;
            }

            // Now and then the caller has nothing to do.
            if (at % 137 == 0)
                _time.Advance(TimeSpan.FromSeconds(at % 60));
        }

        for (var (first, last) = (0, 0); last < sent.Count; last++)
        {
            while (sent[last] - sent[first] >= Window)
                first++;
            Assert.True(last - first + 1 <= 50, $"{last - first + 1} in the window that ends at {sent[last]:O}");
        }

        // And not much less: the limit is used.
        var whole = (sent[^1] - sent[0]) / Window;
        Assert.True(sent.Count >= whole * 50 * 0.8, $"{sent.Count} in {whole} windows");
    }

    [Fact]
    public void Connections_have_limits_of_their_own_and_share_the_applications()
    {
        var limits = new RequestLimits("a", 10, 15, Window, new SharedUsage(), _time);
        var other = Guid.NewGuid();
        Assert.Equal(10, Count(limits, Account));
        Assert.Equal(5, Count(limits, other));
        Assert.Equal(0, Count(limits, Guid.NewGuid()));
        _time.Advance(Window);
        Assert.Equal(10, Count(limits, other));
    }

    [Fact]
    public void A_request_that_costs_more_than_the_limit_goes_out_alone()
    {
        var limits = new RequestLimits("a", 100, 0, Window, new SharedUsage(), _time);
        Assert.Equal(TimeSpan.Zero, limits.Take(Account, 200, Longest));
        Assert.True(limits.Take(Account, 5, Longest) > Longest);
        _time.Advance(Window);
        Assert.Equal(TimeSpan.Zero, limits.Take(Account, 200, Longest));
    }

    [Fact]
    public void What_other_nodes_have_sent_is_left_to_them()
    {
        var usage = new SharedUsage();
        var limits = new RequestLimits("a", 100, 0, Window, usage, _time);
        usage.Hear([new Dictionary<string, long>()]);
        Assert.Equal(90, Count(limits, Account, 90));
        // It tells that it wants more than it has had.
        var (key, told) = Assert.Single(usage.Report()!);
        Assert.Equal(~90, told);
        // Two that want all have half of it each; one that wants less leaves the rest.
        usage.Hear([new Dictionary<string, long> { [key] = ~90 }]);
        _time.Advance(2 * Window);
        Assert.Equal(50, Count(limits, Account));
        usage.Hear([new Dictionary<string, long> { [key] = 8 }]);
        _time.Advance(2 * Window);
        Assert.Equal(90, Count(limits, Account));
    }

    [Fact]
    public void Without_limits_nothing_waits()
    {
        var limits = new RequestLimits("a", 0, 0, Window, new SharedUsage(), _time);
        Assert.All(Enumerable.Range(0, 100_000), _ => Assert.Equal(TimeSpan.Zero, limits.Take(Account, 200, TimeSpan.Zero)));
    }

    /// <summary>How many go out now, or at their turn in this window.</summary>
    private static int Count(RequestLimits limits, Guid account, int most = 1000)
    {
        var count = 0;
        while (count < most && limits.Take(account, 1, Window - TimeSpan.FromTicks(1)) < Window)
            count++;
        return count;
    }
}
