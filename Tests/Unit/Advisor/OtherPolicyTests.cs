using ChunkUpload.Core.Advisor;

namespace ChunkUpload.Tests.Unit.Advisor;

public sealed class OtherPolicyTests
{
    private const long KiB = 1024;

    [Theory]
    [InlineData(0, 256)]
    [InlineData(124_999, 256)]
    [InlineData(125_001, 1024)]
    [InlineData(1_249_999, 1024)]
    [InlineData(1_250_001, 2048)]
    public void The_tiers_have_three_sizes_by_rate(long rate, long kib)
    {
        var link = new NetworkState();
        link.Opened(0, 0);
        link.Ended(10, 10, rate * 10, new BodyOutcome(NetworkOutcome.Ok, rate * 10, rate * 10, 0));

        Assert.Equal(kib * KiB, new TierPolicy(new AdviceLimits()).Decide(link, new AdviceQuestion()).Size);
    }

    [Theory]
    [InlineData(0, 4)]
    [InlineData(1, 1)]
    [InlineData(2, 1)]
    public void The_tiers_take_fewer_streams_when_requests_fail(int failures, int streams)
    {
        var link = new NetworkState();
        for (var count = 0; count < failures; count++)
        {
            link.Opened(count * 5, 0);
            link.Ended(count * 5, count * 5, 0, new BodyOutcome(NetworkOutcome.Disconnect, 1, 1, 1));
        }

        Assert.Equal(streams, new TierPolicy(new AdviceLimits()).Decide(link, new AdviceQuestion()).Concurrency);
    }

    [Fact]
    public void The_tiers_come_back_to_four_streams_as_successes_outweigh_the_failure()
    {
        var (link, policy) = (new NetworkState(), new TierPolicy(new AdviceLimits()));
        link.Opened(0, 0);
        link.Ended(0, 0, 0, new BodyOutcome(NetworkOutcome.Disconnect, 1, 1, 1));
        var streams = Enumerable.Range(1, 12).Select(chunk =>
        {
            link.Opened(chunk, 0);
            link.Ended(chunk, chunk, 0, new BodyOutcome(NetworkOutcome.Ok, 1, 1, 0));
            return policy.Decide(link, new AdviceQuestion()).Concurrency;
        }).Distinct();
        Assert.Equal([2, 4], streams);
    }

    [Fact]
    public void The_fixed_policy_gives_every_client_the_same_size_within_the_limits()
    {
        var policy = new FixedPolicy(new AdviceLimits { BodyLimit = 5_000_000 }, 8 << 20, 3);
        var advice = policy.Decide(new NetworkState(), new AdviceQuestion());
        Assert.Equal((5_000_000, 3, SizeLimit.Policy), (advice.Size, advice.Concurrency, advice.LimitedBy));
        Assert.Equal(1, policy.Decide(new NetworkState(), new AdviceQuestion { Shedding = true }).Concurrency);
    }

    [Theory]
    [InlineData(0, false, 0.125, 0.25)]
    [InlineData(1, false, 0.125, 0.25)]
    [InlineData(2, false, 0.25, 0.5)]
    [InlineData(5, false, 2, 4)]
    [InlineData(6, false, 4, 8)]
    [InlineData(1000, false, 4, 8)]
    [InlineData(int.MaxValue, false, 4, 8)]
    [InlineData(-1, false, 0.125, 0.25)]
    [InlineData(1, true, 0.5, 1)]
    [InlineData(6, true, 4, 8)]
    public void Retries_wait_twice_as_long_after_each_failure_up_to_the_cap(int failures, bool shedding, double from, double to) =>
        Assert.Equal((from, to), RetryDelay.After(failures, shedding, new AdviceLimits()));
}
