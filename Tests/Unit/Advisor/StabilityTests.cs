using ChunkUpload.Core.Advisor;

namespace ChunkUpload.Tests.Unit.Advisor;

/// <summary>The last advised size stays while another one would gain nothing.</summary>
public sealed class StabilityTests
{
    private const long MB = 1_000_000;
    private const long KiB = 1024;
    private static readonly AdviceLimits Limits = new();
    private readonly AdaptivePolicy _policy = new(Limits);

    [Fact]
    public void The_old_advice_stays_while_nothing_would_be_gained()
    {
        var link = Link();
        var advice = _policy.Decide(link, new AdviceQuestion());
        Assert.True(advice.Low < advice.Size && advice.Size < advice.High);

        link.Advised = advice.Low;
        Assert.Equal(advice.Low, _policy.Decide(link, new AdviceQuestion()).Size);
        link.Advised = advice.High;
        Assert.Equal(advice.High, _policy.Decide(link, new AdviceQuestion()).Size);
        link.Advised = advice.High + (64 * KiB);
        Assert.Equal(advice.Size, _policy.Decide(link, new AdviceQuestion()).Size);
    }

    // Whatever limits the size: an earlier one inside the published range stays, one outside changes.
    [Fact]
    public void The_old_advice_stays_within_the_published_range_whatever_limits_the_size()
    {
        var chance = new Random(16);
        var held = new HashSet<SizeLimit>();
        for (var round = 0; round < 5000; round++)
        {
            var rate = Math.Pow(10, 3.5 + (6 * chance.NextDouble()));
            var link = round % 10 == 0 ? new NetworkState() : new NetworkState(new NetworkFigures
            {
                FastBytes = rate,
                FastSeconds = 1,
                SlowBytes = rate,
                SlowSeconds = 1,
                Gap = Math.Pow(10, -3 + (3.5 * chance.NextDouble())),
                Breaks = chance.Next(3),
                Drops = 2,
                Exposure = Math.Pow(10, 2 * chance.NextDouble()),
                Corrupt = chance.Next(2),
                Verified = Math.Pow(10, 6 + (3 * chance.NextDouble())),
                LargestOk = (long)Math.Pow(10, 4 + (4 * chance.NextDouble())),
            });
            var policy = new AdaptivePolicy(Limits with { RequestTimeout = chance.Next(4) == 0 ? TimeSpan.FromSeconds(4) : null });
            var question = new AdviceQuestion
            {
                MaxConcurrency = chance.Next(3) == 0 ? 1 : 4,
                Remaining = chance.Next(3) == 0 ? chance.NextInt64(1, 40 * MB) : null,
            };

            link.Advised = 0;
            var fresh = policy.Decide(link, question);
            foreach (var old in new[] { fresh.Low, fresh.Size, Math.Max(fresh.Low, (fresh.Low + fresh.High) / 128 / KiB * 64 * KiB),
                fresh.High })
            {
                link.Advised = old;
                var advice = policy.Decide(link, question);
                Assert.Equal((old, fresh.Low, fresh.High), (advice.Size, advice.Low, advice.High));
                if (old != fresh.Size)
                    _ = held.Add(advice.LimitedBy);
            }

            link.Advised = fresh.High + (64 * KiB);
            Assert.Equal(fresh.Size, policy.Decide(link, question).Size);
            link.Advised = fresh.Low - 1;
            Assert.Equal(fresh.Size, policy.Decide(link, question).Size);
        }

        Assert.Equal(Enum.GetValues<SizeLimit>().Where(limit => limit is not (SizeLimit.Policy or SizeLimit.MinSize)), held.Order()
            .Where(limit => limit != SizeLimit.MinSize));
    }

    // 0.1 s of it are 5 MB, and 40 % more or less gain nothing.
    [Fact]
    public void A_fast_link_whose_rate_wobbles_keeps_its_size()
    {
        var link = new NetworkState();
        var sizes = new List<long>();
        var (now, total) = (0.0, 0L);
        for (var chunk = 0; chunk < 200; chunk++)
        {
            link.Opened(now, total, 0.001);
            now += 0.5;
            total += (long)(25 * MB * (1 + (0.3 * Math.Sin(chunk))));
            link.Ended(now, now, total, new BodyOutcome(NetworkOutcome.Ok, 5 * MB, 5 * MB, 0));
            var advice = _policy.Decide(link, new AdviceQuestion());
            if (link.Advised != advice.Size)
                sizes.Add(advice.Size);
            link.Advised = advice.Size;
        }

        Assert.InRange(sizes.Count, 1, 3);
        Assert.Equal(SizeLimit.MinDuration, _policy.Decide(link, new AdviceQuestion()).LimitedBy);
    }

    // 1 MB/s, 0.2 s of dead time per request, and two breaks in 100 s.
    private static NetworkState Link()
    {
        var link = new NetworkState();
        link.Opened(100, 0, 0.2);
        link.Ended(200, 200, 100 * MB, new BodyOutcome(NetworkOutcome.Ok, MB, MB, 0));
        foreach (var at in new[] { 200, 202 })
        {
            link.Opened(at, 100 * MB);
            link.Ended(at, at, 100 * MB, new BodyOutcome(NetworkOutcome.Disconnect, MB, 1000, 1000));
        }

        return link;
    }
}
