using ChunkUpload.Core.Advisor;

namespace ChunkUpload.Tests.Unit.Advisor;

/// <summary>More than four streams where the path holds many receive windows. A link of 1 MB/s, unless a test says otherwise.</summary>
public sealed class LongPathTests
{
    private const long MB = 1_000_000;
    private readonly AdaptivePolicy _policy = new(new AdviceLimits());

    // 1 MB/s times the round trip are the bytes in flight: three streams for each 768 KiB of them, at least four, at most eight.
    [Theory]
    [InlineData(0.2, 0, 4)]
    [InlineData(1.0, 0, 4)]
    [InlineData(1.5, 0, 6)]
    [InlineData(4.0, 0, 8)]
    [InlineData(4.0, 0.1, 4)]
    [InlineData(0.2, 1.3, 5)]
    public void A_long_path_gets_more_streams(double gap, double roundTrip, int streams)
    {
        var question = new AdviceQuestion { RoundTrip = roundTrip };
        Assert.Equal(streams, _policy.Decide(Link(gap: gap), question).Concurrency);
        Assert.Equal(Math.Min(streams, 5), _policy.Decide(Link(gap: gap), question with { MaxConcurrency = 5 }).Concurrency);
        Assert.Equal(3, _policy.Decide(Link(gap: gap), question with { Sparing = true }).Concurrency);
        Assert.Equal(1, _policy.Decide(Link(gap: gap), question with { Shedding = true }).Concurrency);
    }

    [Fact]
    public void A_guessed_dead_time_is_no_reason_for_more_streams()
    {
        var link = new NetworkState(new NetworkFigures { FastBytes = 1e9, FastSeconds = 10, SlowBytes = 1e9, SlowSeconds = 10 });
        Assert.Equal(4, _policy.Decide(link, new AdviceQuestion()).Concurrency);
    }

    private static NetworkState Link(double gap)
    {
        var link = new NetworkState();
        link.Opened(100, 0, gap);
        link.Ended(200, 200, 100 * MB, new BodyOutcome(NetworkOutcome.Ok, MB, MB, 0));
        return link;
    }
}
