using ChunkUpload.Core.Advisor;

namespace ChunkUpload.Tests.Unit.Advisor;

public sealed class AdviceTextTests
{
    private static readonly AdaptivePolicy Policy = new(new AdviceLimits { MaxConcurrency = 4 });

    // Half of the chi-squared quantiles that tables have: for 1, 2 and 20 degrees of freedom.
    [Theory]
    [InlineData(0.95, 0.5, 3.841459 / 2)]
    [InlineData(0.05, 0.5, 0.00393214 / 2)]
    [InlineData(0.95, 1, 5.991465 / 2)]
    [InlineData(0.05, 1, 0.1025866 / 2)]
    [InlineData(0.95, 10, 31.41043 / 2)]
    [InlineData(0.05, 10, 10.85081 / 2)]
    [InlineData(0.5, 100, 199.3341 / 2)]
    public void Quantiles_are_those_of_the_tables(double probability, double shape, double expected) =>
        Assert.Equal(expected, GammaQuantile.Of(probability, shape), expected * 1e-5);

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 1)]
    [InlineData(0.5, 0)]
    [InlineData(0.5, -1)]
    [InlineData(double.NaN, 1)]
    [InlineData(0.5, double.NaN)]
    [InlineData(0.5, double.PositiveInfinity)]
    public void No_quantile_is_no_number(double probability, double shape) =>
        Assert.True(double.IsNaN(GammaQuantile.Of(probability, shape)));

    [Fact]
    public void Advice_without_measurements_says_so()
    {
        var advice = Advise(new NetworkState());

        Assert.Equal("512 KiB, 4 at a time, to begin with: nothing was measured on this link yet.", advice.Why.Text);
        Assert.Equal(("cold-start", "low", 60_000), (advice.Why.LimitedBy, advice.Confidence, advice.ValidForMs));
        Assert.Equal((8000, 2000), (advice.StallTimeoutMs, advice.ProbeAfterMs));
        Assert.Equal([125, 250], advice.RetryDelayMs);
        Assert.Null(advice.Why.ThroughputBps);
        Assert.Null(advice.Why.TargetSeconds);
        Assert.Null(advice.Why.ExpectedOverheadPct);
    }

    [Fact]
    public void A_measured_link_is_told_in_a_sentence()
    {
        var link = new NetworkState();
        link.Opened(100, 0, 0.2);
        link.Ended(200, 200, 100_000_000, new BodyOutcome(NetworkOutcome.Ok, 1_000_000, 1_000_000, 0));
        link.Opened(200, 100_000_000);
        link.Ended(202, 200, 100_000_000, new BodyOutcome(NetworkOutcome.Disconnect, 1000, 1000, 1000));
        var advice = Advise(link);

        Assert.StartsWith(
            "8 Mbit/s, 200 ms lost per request, about one break per 67 s: chunks of 1.", advice.Why.Text, StringComparison.Ordinal);
        Assert.Equal((8e6, 200, 66.7), (advice.Why.ThroughputBps, advice.Why.DeadTimeMs, advice.Why.MtbfSeconds));
        Assert.True(advice.Why.Mtbf90![0] < 66.7 && advice.Why.Mtbf90[1] > 66.7);
        Assert.InRange(advice.Why.ExpectedOverheadPct!.Value, 0.1, 30);
        Assert.True(advice.Range[0] < advice.ChunkSize && advice.ChunkSize < advice.Range[1]);
    }

    [Fact]
    public void Unseen_measurements_are_not_reported()
    {
        var link = new NetworkState();
        link.Opened(100, 0);
        link.Ended(200, 200, 100_000_000, new BodyOutcome(NetworkOutcome.Ok, 1_000_000, 1_000_000, 0));

        Assert.StartsWith("8 Mbit/s, 250 ms probably lost per request, no break seen: ", Advise(link).Why.Text, StringComparison.Ordinal);
    }

    // A fast link that seldom breaks: the prior for wrong bytes outweighs the breaks.
    [Theory]
    [InlineData(0, "because a chunk with a wrong byte is sent again as a whole.")]
    [InlineData(1, "because bytes arrived wrong, and a chunk with a wrong byte is sent again as a whole.")]
    public void Wrong_bytes_are_told_of_only_when_there_were_some(int wrong, string end)
    {
        var link = new NetworkState();
        link.Opened(0, 0, 0.2);
        link.Ended(10, 10, 100_000_000, new BodyOutcome(NetworkOutcome.Ok, 10_000_000, 10_000_000, 0));
        for (var count = 0; count < wrong; count++)
        {
            link.Opened(20, 100_000_000);
            link.Ended(20, 20, 100_000_000, new BodyOutcome(NetworkOutcome.Checksum, 1_000_000, 1_000_000, 1_000_000));
        }

        var why = Advise(link).Why;
        Assert.Equal("corruption", why.LimitedBy);
        Assert.EndsWith(end, why.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void The_smallest_size_is_not_said_to_save_what_it_does_not()
    {
        var link = new NetworkState();
        link.Opened(0, 0, 0.2);
        link.Ended(20, 20, 20 * 14_000, new BodyOutcome(NetworkOutcome.Ok, 64 << 10, 64 << 10, 0));
        link.Opened(30, 20 * 14_000);
        link.Ended(30, 30, 20 * 14_000, new BodyOutcome(NetworkOutcome.Disconnect, 1000, 1000, 1000));

        Assert.EndsWith("64 KiB, one at a time: the smallest size that this service advises, although a smaller one would put "
            + "fewer bytes at risk.", Advise(link).Why.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_limit_and_confidence_has_a_word()
    {
        Assert.Equal(Enum.GetValues<SizeLimit>().Length, Enum.GetValues<SizeLimit>().Select(AdviceText.Word).Distinct().Count());
        Assert.Equal(["low", "medium", "high"], Enum.GetValues<Confidence>().Select(AdviceText.Word));
    }

    [Fact]
    public void Figures_that_cannot_be_written_are_left_out()
    {
        var link = new NetworkState();
        link.Opened(0, 0);
        link.Ended(1e300, 1e300, long.MaxValue, new BodyOutcome(NetworkOutcome.Ok, long.MaxValue, long.MaxValue, 0));
        var why = Advise(link).Why;

        Assert.All([why.ThroughputBps, why.DeadTimeMs, why.MtbfSeconds, why.TargetSeconds, why.ExpectedOverheadPct], value =>
            Assert.True(value is null || double.IsFinite(value.Value)));
        Assert.All(why.Mtbf90 ?? [], value => Assert.True(double.IsFinite(value)));
    }

    [Theory]
    [InlineData(0, 0, "unknown")]
    [InlineData(50_000, 0, "slow, steady")]
    [InlineData(500_000, 0, "medium, steady")]
    [InlineData(5_000_000, 1, "fast, unsteady")]
    [InlineData(5_000_000, 9, "fast, unstable")]
    public void A_network_has_a_class(long rate, int breaks, string expected)
    {
        var link = new NetworkState();
        if (rate > 0)
        {
            link.Opened(0, 0);
            link.Ended(100, 100, rate * 100, new BodyOutcome(NetworkOutcome.Ok, rate, rate, 0));
        }

        for (var count = 0; count < breaks; count++)
        {
            link.Opened(200 + (count * 2), rate * 100);
            link.Ended(200 + (count * 2), 0, rate * 100, new BodyOutcome(NetworkOutcome.Disconnect, 1, 1, 1));
        }

        Assert.Equal(expected, NetworkClass.Of(link.Figures).Word);
    }

    private static Advice Advise(NetworkState link) => AdviceText.Of(Policy.Decide(link, new AdviceQuestion()), link.Figures);
}
