using ChunkUpload.Core.Advisor;

namespace ChunkUpload.Tests.Unit.Advisor;

/// <summary>A link of 1 MB/s with 0.2 s of dead time per request, 100 s observed, unless a test says otherwise.</summary>
public sealed class AdaptivePolicyTests
{
    private const long MB = 1_000_000;
    private const long KiB = 1024;
    private static readonly AdviceLimits Limits = new();
    private readonly AdaptivePolicy _policy = new(Limits);

    // Two breaks: M = (20 + 100) / (0.8 + 2) = 42.86 s. Wrong bytes: 0.1 in 31 MB, so 8 · 3.226e-9 · 1e6 / 4 = 0.00645 per second.
    // tau = √(2 · 0.45 / 1.4 · 0.2 / (4 · (0.02333 + 0.00645))) = 1.0388 s, or 1039 kB: 15.85 times 64 KiB.
    [Fact]
    public void Several_streams_balance_dead_time_and_breaks()
    {
        var advice = _policy.Decide(Link(breaks: 2), new AdviceQuestion());

        Assert.Equal(16 * 64 * KiB, advice.Size);
        Assert.Equal(4, advice.Concurrency);
        Assert.Equal(1.0388, advice.Target, 1e-4);
        Assert.Equal(42.857, advice.Mtbf, 1e-3);
        Assert.Equal(SizeLimit.FailureRate, advice.LimitedBy);
    }

    // Ninety breaks: M = 120 / 90.8, so the balance for o = 1 s would be √(2 · 0.45 / 1.4 / (4 · (0.7567 + 0.00645))) = 0.459 s. Three
    // other streams need 0.5 s each to fill a second and a half.
    [Fact]
    public void Chunks_of_several_streams_cover_the_dead_time_of_one()
    {
        var advice = _policy.Decide(Link(breaks: 90, gap: 1), new AdviceQuestion());
        Assert.Equal((0.5, 8 * 64 * KiB), (Math.Round(advice.Target, 9), advice.Size));
    }

    // One stream: hazard = 0.02333 + 2 · 3.226e-9 · 1e6 = 0.02979 per second; the root for o = 0.2, M = 33.57 is 3.5323 s.
    [Fact]
    public void A_single_stream_takes_longer_chunks()
    {
        var advice = _policy.Decide(Link(breaks: 2), new AdviceQuestion { MaxConcurrency = 1 });

        Assert.Equal(1, advice.Concurrency);
        Assert.Equal(ChunkTime.Best(0.2, 1 / ((2.8 / 120) + (2 * 0.1 / 31))), advice.Target, 1e-9);
        Assert.Equal(54 * 64 * KiB, advice.Size);
    }

    // 500 kB of 1 MB failed their checksum twenty times: 20.1 in 41 MB outweighs the breaks.
    [Fact]
    public void Wrong_bytes_make_chunks_smaller_and_say_so()
    {
        var link = Link();
        for (var count = 0; count < 20; count++)
        {
            link.Opened(200, 100 * MB);
            link.Ended(200, 200, 100 * MB, new BodyOutcome(NetworkOutcome.Checksum, MB / 2, MB / 2, MB / 2));
        }

        var advice = _policy.Decide(link, new AdviceQuestion());
        Assert.Equal(SizeLimit.Corruption, advice.LimitedBy);
        // 8 · 20.1 / 41e6 · 1e6 / 4 = 0.9805 per second, with 0.8/120 for breaks 0.9872: tau = 0.1804 s, 2.75 times 64 KiB.
        Assert.Equal(3 * 64 * KiB, advice.Size);
    }

    [Fact]
    public void Unknown_network_begins_with_half_a_mebibyte()
    {
        var advice = _policy.Decide(new NetworkState(), new AdviceQuestion { Remaining = 1L << 40 });

        Assert.Equal((512 * KiB, 4), (advice.Size, advice.Concurrency));
        Assert.Equal((SizeLimit.ColdStart, Confidence.Low), (advice.LimitedBy, advice.Confidence));
        Assert.Equal((8, 2), (advice.Stall, advice.Probe));
    }

    [Theory]
    [InlineData(10_000, 128)]
    [InlineData(400_000, 384)]
    [InlineData(1e12, 2048)]
    [InlineData(double.PositiveInfinity, 2048)]
    [InlineData(double.NaN, 512)]
    [InlineData(-5, 512)]
    public void A_hint_moves_the_first_size_within_bounds(double rate, long kib) =>
        Assert.Equal(kib * KiB, _policy.Decide(new NetworkState(), new AdviceQuestion { HintedRate = rate }).Size);

    [Fact]
    public void A_round_trip_that_the_client_named_stands_in_for_the_dead_time_until_it_is_seen()
    {
        Assert.Equal(0.35, _policy.Decide(new NetworkState(), new AdviceQuestion { RoundTrip = 0.3 }).DeadTime, 1e-12);
        Assert.Equal(0.2, _policy.Decide(Link(), new AdviceQuestion { RoundTrip = 9 }).DeadTime);
        Assert.InRange(_policy.Decide(new NetworkState(), new AdviceQuestion { RoundTrip = 1e9 }).DeadTime, 0, 11);
    }

    [Fact]
    public void A_size_grows_at_most_fivefold()
    {
        var link = new NetworkState();
        link.Opened(0, 0, 0.2);
        link.Ended(1, 1, 50 * MB, new BodyOutcome(NetworkOutcome.Ok, 128 * KiB, 128 * KiB, 0));

        var advice = _policy.Decide(link, new AdviceQuestion());
        Assert.Equal((640 * KiB, SizeLimit.Growth), (advice.Size, advice.LimitedBy));
    }

    [Fact]
    public void Never_more_than_a_proxy_lets_through()
    {
        var policy = new AdaptivePolicy(Limits with { BodyLimit = 1 * MB });
        var advice = policy.Decide(Link(), new AdviceQuestion { MaxConcurrency = 1 });

        Assert.Equal((15 * 64 * KiB, SizeLimit.MaxSize), (advice.Size, advice.LimitedBy));
        Assert.InRange(advice.High, advice.Size, MB);
    }

    [Fact]
    public void A_limit_below_the_multiple_still_leaves_a_size() =>
        Assert.Equal(10_000, new AdaptivePolicy(Limits with { BodyLimit = 10_000 }).Decide(Link(), new AdviceQuestion()).Size);

    // A size below the smallest is never advised: at first, with a hint, on a bad link, or for the rest of a file.
    [Fact]
    public void Never_less_than_the_smallest_that_is_configured()
    {
        var limits = Limits with { MinSize = 5 << 20 };
        var policy = new AdaptivePolicy(limits);
        var bad = Link(breaks: 30);
        var one = new AdviceQuestion { MaxConcurrency = 1 };

        Assert.Equal(5 << 20, policy.Decide(new NetworkState(), new AdviceQuestion()).Size);
        Assert.Equal(5 << 20, policy.Decide(new NetworkState(), new AdviceQuestion { HintedRate = 1 }).Size);
        Assert.Equal(5 << 20, policy.Decide(bad, new AdviceQuestion()).Size);
        Assert.Equal((2, 5 << 20), Both(policy.Decide(new NetworkState(), new AdviceQuestion { Remaining = 8 << 20 })));
        // One and a half of it are not two parts of three quarters.
        Assert.Equal(5 << 20, policy.Decide(bad, one with { Remaining = 15 << 19 }).Size);
        Assert.Equal(5 << 20, new TierPolicy(limits).Decide(bad, new AdviceQuestion()).Size);
        // The next multiple above, if there is one below the ceiling.
        Assert.Equal(77 * 64 * KiB, new AdaptivePolicy(Limits with { MinSize = 5_000_000 }).Decide(bad, new AdviceQuestion()).Size);
        Assert.Equal(76 * 64 * KiB, new AdaptivePolicy(Limits with { MinSize = 5_000_000, MaxSize = 5_000_000 })
            .Decide(bad, new AdviceQuestion()).Size);

        static (int, long) Both(AdviceFigures advice) => (advice.Concurrency, advice.Size);
    }

    // Four streams share 1 MB/s, so in half of 4 s each gets 500 kB through.
    [Fact]
    public void Never_longer_than_half_of_what_a_proxy_waits()
    {
        var policy = new AdaptivePolicy(Limits with { RequestTimeout = TimeSpan.FromSeconds(4) });
        var advice = policy.Decide(Link(), new AdviceQuestion());
        Assert.Equal((8 * 64 * KiB, SizeLimit.MaxDuration), (advice.Size, advice.LimitedBy));
    }

    [Fact]
    public void Sizes_are_multiples_of_what_the_store_behind_wants() =>
        Assert.Equal(
            0, new AdaptivePolicy(Limits with { Multiple = 320 * KiB }).Decide(Link(breaks: 2), new AdviceQuestion()).Size % (320 * KiB));

    [Fact]
    public void The_last_bytes_are_shared_so_that_all_streams_end_together()
    {
        var advice = _policy.Decide(Link(breaks: 2), new AdviceQuestion { Remaining = 2 * MB });
        Assert.Equal((8 * 64 * KiB, SizeLimit.Remaining), (advice.Size, advice.LimitedBy));
    }

    // 1.5 · 0.2 s / (p - 1) at 1 MB/s is what the other streams need to cover 0.2 s, so no chunk gets smaller. 100 kB justify two streams.
    [Theory]
    [InlineData(300_000, 4, 2)]
    [InlineData(100_000, 2, 5)]
    public void The_rest_is_not_divided_into_chunks_that_cost_more_than_they_gain(long remaining, int streams, long extents)
    {
        var advice = _policy.Decide(Link(breaks: 2), new AdviceQuestion { Remaining = remaining });
        Assert.Equal((streams, extents * 64 * KiB), (advice.Concurrency, advice.Size));
    }

    [Fact]
    public void A_single_stream_takes_the_rest_in_equal_parts()
    {
        var whole = _policy.Decide(Link(breaks: 2), new AdviceQuestion { MaxConcurrency = 1 }).Size;
        var advice = _policy.Decide(Link(breaks: 2), new AdviceQuestion { MaxConcurrency = 1, Remaining = (whole * 2) + 100_000 });
        Assert.InRange(advice.Size * 2, (whole * 2) + 100_000, (whole * 2) + 300_000);
    }

    [Fact]
    public void A_link_too_slow_for_several_small_chunks_gets_fewer_streams()
    {
        var link = new NetworkState();
        link.Opened(0, 0, 0.2);
        link.Ended(20, 20, 20 * 14_000, new BodyOutcome(NetworkOutcome.Ok, 64 * KiB, 64 * KiB, 0));
        Break(link, 30, 20 * 14_000);

        var advice = _policy.Decide(link, new AdviceQuestion());
        Assert.Equal((64 * KiB, 1, SizeLimit.MinSize), (advice.Size, advice.Concurrency, advice.LimitedBy));
    }

    [Fact]
    public void Three_streams_for_a_client_that_pays_and_one_when_the_service_has_too_much_to_do()
    {
        Assert.Equal(3, _policy.Decide(Link(), new AdviceQuestion { Sparing = true }).Concurrency);
        var shed = _policy.Decide(Link(), new AdviceQuestion { Shedding = true });
        Assert.Equal(1, shed.Concurrency);
        Assert.Equal(1, shed.RetryTo);
    }

    [Fact]
    public void Upload_too_small_to_divide_gets_one_stream()
    {
        Assert.Equal(1, _policy.Decide(new NetworkState(), new AdviceQuestion { Remaining = 1 }).Concurrency);
        Assert.Equal(1, _policy.Decide(Link(), new AdviceQuestion { Remaining = 64 * KiB }).Concurrency);
        Assert.Equal(2, _policy.Decide(Link(), new AdviceQuestion { Remaining = (64 * KiB) + 1 }).Concurrency);
        Assert.Equal(4, _policy.Decide(Link(), new AdviceQuestion { Remaining = 256 * KiB }).Concurrency);
    }

    // At 1 kB/s and a second of dead time per request, 64 KiB take a minute in which two breaks are expected.
    [Fact]
    public void An_overhead_is_a_share_of_the_time_and_below_one()
    {
        var link = new NetworkState();
        link.Opened(0, 0, 1);
        link.Ended(100, 100, 100_000, new BodyOutcome(NetworkOutcome.Ok, 64 * KiB, 64 * KiB, 0));
        for (var count = 0; count < 30; count++)
            Break(link, 200 + (2 * count), 100_000);
        Assert.InRange(_policy.Decide(link, new AdviceQuestion()).Overhead, 0.5, 1);
        // a = 0.45 · 0.2 · 1e6, b = 1.4 · 4 / 2e6 · 0.8 / 120 + 0.1 / 31e6 at 1.57 MB: 0.092, so 0.084 of all.
        var advice = _policy.Decide(Link(), new AdviceQuestion());
        var cost = (0.45 * 0.2 * MB / advice.Size) + (((1.4 * 4 / 2e6 * 0.8 / 120) + (0.1 / 31e6)) * advice.Size);
        Assert.Equal(cost / (1 + cost), advice.Overhead, 1e-9);
    }

    [Fact]
    public void A_link_that_drops_every_few_seconds_gets_a_shorter_stall_timeout()
    {
        // 2 + 3 · 0.2 + 0.131 = 2.73 s, at least 3 or 5.
        Assert.Equal(5, _policy.Decide(Link(), new AdviceQuestion()).Stall);
        Assert.Equal(3, _policy.Decide(Link(breaks: 10), new AdviceQuestion()).Stall);
    }

    // Twice two seconds is less than the minimum of five on a link of few breaks.
    [Fact]
    public void The_shortest_stall_timeout_that_can_be_configured_still_bounds_the_advised_one()
    {
        var policy = new AdaptivePolicy(Limits with { StallTimeout = TimeSpan.FromSeconds(2) });
        Assert.Equal(4, policy.Decide(Link(), new AdviceQuestion()).Stall);
        Assert.Equal(3, policy.Decide(Link(breaks: 10), new AdviceQuestion()).Stall);
    }

    // 1 s and 128 KiB at 1 MB/s; with a break every 11.1 s, 0.25 s and 32 KiB.
    [Fact]
    public void A_second_connection_is_worth_trying_long_before_a_request_is_given_up()
    {
        Assert.Equal(1.131072, _policy.Decide(Link(), new AdviceQuestion()).Probe, 1e-9);
        Assert.Equal(0.282768, _policy.Decide(Link(breaks: 10), new AdviceQuestion()).Probe, 1e-9);

        var slow = new NetworkState();
        slow.Opened(0, 0, 0.2);
        slow.Ended(100, 100, 100_000, new BodyOutcome(NetworkOutcome.Ok, 64 * KiB, 64 * KiB, 0));
        var advice = _policy.Decide(slow, new AdviceQuestion());
        Assert.Equal(advice.Stall, advice.Probe);
    }

    // Ten breaks: M = 120 / 10.8 = 11.1 s. The link is up again at once, unless nothing has come since.
    [Fact]
    public void Client_that_breaks_every_few_seconds_waits_little_unless_that_did_not_help()
    {
        Assert.Equal((0.125, 0.25), Waits(Link(breaks: 1), new AdviceQuestion()));
        var link = Link(breaks: 10);
        Assert.Equal((4, 8), Waits(link, new AdviceQuestion()));
        link.Opened(300, 100 * MB);
        link.Ended(300, 300, 100 * MB, new BodyOutcome(NetworkOutcome.Ok, MB, MB, 0));
        Assert.Equal((0, 0.05), Waits(link, new AdviceQuestion()));
        Assert.Equal((0.5, 1), Waits(link, new AdviceQuestion { Shedding = true }));

        (double, double) Waits(NetworkState state, AdviceQuestion question)
        {
            var advice = _policy.Decide(state, question);
            return (Math.Round(advice.RetryFrom, 9), Math.Round(advice.RetryTo, 9));
        }
    }

    [Fact]
    public void Trust_grows_with_what_was_seen()
    {
        var link = new NetworkState();
        var trusts = new List<Confidence>();
        for (var chunk = 0; chunk < 160; chunk++)
        {
            link.Opened(chunk, chunk * MB, 0.1);
            link.Ended(chunk + 1, chunk + 1, (chunk + 1) * MB, new BodyOutcome(NetworkOutcome.Ok, MB, MB, 0));
            trusts.Add(_policy.Decide(link, new AdviceQuestion()).Confidence);
        }

        Assert.Equal(Confidence.Low, trusts[0]);
        Assert.Equal(Confidence.Medium, trusts[20]);
        Assert.Equal(Confidence.High, trusts[^1]);
        Assert.Equal(trusts.Order(), trusts);
    }

    [Fact]
    public void More_breaks_never_make_chunks_larger_and_a_longer_gap_never_smaller()
    {
        foreach (var streams in new[] { 1, 4 })
        {
            var question = new AdviceQuestion { MaxConcurrency = streams };
            var sizes = Enumerable.Range(0, 40).Select(breaks => _policy.Decide(Link(breaks), question).Size).ToList();
            Assert.Equal(sizes.OrderDescending(), sizes);
            sizes = [.. Enumerable.Range(1, 40).Select(step => _policy.Decide(Link(breaks: 3, gap: step * 0.05), question).Size)];
            Assert.Equal(sizes.Order(), sizes);
        }
    }

    [Fact]
    public void Stays_within_its_limits_for_any_measurements()
    {
        var chance = new Random(6);
        for (var round = 0; round < 20_000; round++)
        {
            var limits = new AdviceLimits
            {
                MinSize = 1L << chance.Next(10, 20),
                MaxSize = 1L << chance.Next(16, 40),
                BodyLimit = chance.Next(3) == 0 ? chance.NextInt64(1, 1L << 40) : null,
                RequestTimeout = chance.Next(3) == 0 ? TimeSpan.FromSeconds(Math.Min(Wild(), 1e6)) : null,
                Multiple = chance.NextInt64(1, 1 << 20),
                MaxConcurrency = chance.Next(1, 9),
                StallTimeout = TimeSpan.FromSeconds(chance.Next(2, 301)),
            };
            var link = new NetworkState(new NetworkFigures
            {
                FastBytes = Wild(),
                FastSeconds = Wild(),
                SlowBytes = Wild(),
                SlowSeconds = Wild(),
                SlowSquares = Wild(),
                Gap = Wild(),
                Breaks = Wild(),
                Drops = Wild(),
                Exposure = Wild(),
                Corrupt = Wild(),
                Verified = Wild(),
                LargestOk = chance.NextInt64(),
                FailureShare = 1,
            });
            var question = new AdviceQuestion
            {
                Remaining = chance.Next(2) == 0 ? chance.NextInt64(-5, long.MaxValue) : null,
                MaxConcurrency = chance.Next(-3, 9),
                RoundTrip = Wild(),
                HintedRate = Wild(),
                Sparing = chance.Next(2) == 0,
                Shedding = chance.Next(4) == 0,
            };
            AdviceAssert.Sane(new AdaptivePolicy(limits).Decide(link, question), limits);
            AdviceAssert.Sane(new TierPolicy(limits).Decide(link, question), limits);
        }

        double Wild() => Math.Pow(10, chance.Next(-12, 13)) * chance.NextDouble();
    }

    [Fact]
    public void An_outcome_and_its_advice_allocate_nothing()
    {
        var link = Link(breaks: 2);
        Round(link);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var round = 0; round < 1000; round++)
            Round(link);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Round(NetworkState state)
        {
            state.Opened(1000, 0, 0.1);
            state.Ended(1001, 1001, MB, new BodyOutcome(NetworkOutcome.Ok, MB, MB, 0));
            state.Advised = _policy.Decide(state, new AdviceQuestion { Remaining = 100 * MB }).Size;
        }
    }

    private static NetworkState Link(int breaks = 0, double gap = 0.2)
    {
        var link = new NetworkState();
        link.Opened(100, 0, gap);
        link.Ended(200, 200, 100 * MB, new BodyOutcome(NetworkOutcome.Ok, MB, MB, 0));
        for (var count = 0; count < breaks; count++)
            Break(link, 200 + (2 * count), 100 * MB);
        return link;
    }

    private static void Break(NetworkState link, double at, long total)
    {
        link.Opened(at, total);
        link.Ended(at, at, total, new BodyOutcome(NetworkOutcome.Disconnect, MB, 1000, 1000));
    }
}
