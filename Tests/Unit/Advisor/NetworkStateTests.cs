using ChunkUpload.Core.Advisor;

namespace ChunkUpload.Tests.Unit.Advisor;

public sealed class NetworkStateTests
{
    private const long MB = 1_000_000;
    private readonly NetworkState _link = new();

    [Fact]
    public void A_body_of_a_megabyte_in_two_seconds_is_half_a_megabyte_per_second()
    {
        _link.Opened(10, 0);
        _link.Ended(12.3, 12, MB, Ok(MB));

        Assert.Equal(500_000, _link.Figures.Rate, 1e-6);
        Assert.Equal(2, _link.Figures.Exposure);
        Assert.Equal(MB, _link.Figures.LargestOk);
    }

    [Fact]
    public void Bytes_that_arrived_before_the_first_sample_take_no_time()
    {
        _link.Opened(0, 200_000);
        _link.Ended(1, 1, MB, Ok(MB));

        Assert.Equal(800_000, _link.Figures.Rate, 1e-6);
    }

    [Fact]
    public void Two_bodies_at_a_time_are_one_link()
    {
        _link.Opened(0, 0);
        _link.Opened(1, MB / 2);
        _link.Ended(2, 2, 2 * MB, Ok(MB));
        _link.Ended(3, 3, 3 * MB, Ok(MB));

        Assert.Equal(MB, _link.Figures.Rate, 1e-6);
        Assert.Equal(3, _link.Figures.ReceivingSeconds);
    }

    [Fact]
    public void The_pause_between_two_bodies_is_not_receiving()
    {
        Send(0, 1);
        Send(50, 51);

        Assert.Equal(MB, _link.Figures.Rate, 1e-6);
        Assert.Equal(2, _link.Figures.ReceivingSeconds);
    }

    [Fact]
    public void A_dead_end_is_not_measured_and_an_outage_that_ends_is()
    {
        _link.Opened(0, 0);
        _link.Ended(31, 1, MB, new BodyOutcome(NetworkOutcome.Stall, 4 * MB, MB, MB));
        Assert.Equal(MB, _link.Figures.Rate, 1e-6);

        _link.Opened(31, MB);
        _link.Ended(41, 41, 2 * MB, Ok(MB));
        Assert.InRange(_link.Figures.Rate, 1, MB / 3);
    }

    [Fact]
    public void The_quick_average_falls_first_and_the_slow_one_rises_last()
    {
        Send(0, 100, 100 * MB);
        Send(100, 104, (100 * MB) + (4 * MB / 10), before: 100 * MB);
        var quick = _link.Figures.FastBytes / _link.Figures.FastSeconds;
        var slow = _link.Figures.SlowBytes / _link.Figures.SlowSeconds;
        Assert.True(quick < slow);
        Assert.Equal(quick, _link.Figures.Rate);
    }

    // Slow start: half a second at 100 kB/s, then one at 1 MB/s. The 0.5 s of slow start decay with a half-life of 0.25 s; a sixteenth
    // remains, so 1,003,125 bytes in 1.03125 s.
    [Fact]
    public void Slow_start_of_a_connection_does_not_hide_the_speed_of_the_link()
    {
        _link.Opened(0, 0);
        _link.Progress(0.5, 50_000);
        _link.Ended(1.5, 1.5, 1_050_000, Ok(1_050_000));

        Assert.Equal(1_003_125 / 1.03125, _link.Figures.Rate, 1e-6);
    }

    [Fact]
    public void The_first_gap_counts_whole_and_each_later_one_three_tenths()
    {
        _link.Opened(0, 0, 0.1);
        Assert.Equal(0.1, _link.Figures.Gap);
        _link.Opened(1, 0, 0.2);
        Assert.Equal(0.13, _link.Figures.Gap, 1e-12);
        _link.Opened(2, 0, 3600);
        _link.Opened(3, 0, double.NaN);
        _link.Opened(4, 0, -1);
        Assert.Equal(0.13, _link.Figures.Gap, 1e-12);
    }

    [Fact]
    public void A_small_chunk_says_nothing_against_larger_ones()
    {
        Send(0, 4);
        var policy = new AdaptivePolicy(new AdviceLimits());
        var before = policy.Decide(_link, new AdviceQuestion());
        _link.Opened(4, 4 * MB);
        _link.Ended(4.005, 4.005, (4 * MB) + 5000, Ok(5000));

        Assert.Equal(4 * MB, _link.Figures.LargestOk);
        Assert.Equal(before.Size, policy.Decide(_link, new AdviceQuestion()).Size);
    }

    [Fact]
    public void Changes_are_returned_once()
    {
        _link.Opened(0, 0, 0.1);
        _link.Ended(2, 2, MB, Ok(MB));
        Break(at: 4, received: 1000, lost: 500);
        var delta = _link.TakeDelta();
        Assert.Equal((MB, 2.0, 0.1, 0.5, 1.0, MB, 1),
            ((long)delta.Bytes, delta.Seconds, delta.Gap, delta.Breaks, delta.Drops, delta.LargestOk, delta.Commits));
        Assert.Equal(default, _link.TakeDelta());
    }

    [Fact]
    public void A_break_weighs_what_it_lost()
    {
        Break(at: 1, received: 1000, lost: 100);
        Assert.Equal(0.1, _link.Figures.Breaks, 1e-12);
        Assert.Equal(1, _link.Figures.Drops);
        Break(at: 3, received: 1000, lost: 1000);
        Assert.Equal(1.1, _link.Figures.Breaks, 1e-12);
        Assert.Equal(2, _link.FailuresInRow);
    }

    [Fact]
    public void Drop_that_breaks_four_streams_counts_as_one_break()
    {
        for (var stream = 0; stream < 4; stream++)
            Break(at: 1 + (stream * 0.2), received: 1000, lost: 250 * (stream + 1));

        Assert.Equal(1, _link.Figures.Breaks, 1e-12);
        Assert.Equal(1, _link.Figures.Drops);
        Assert.Equal(1, _link.FailuresInRow);
    }

    [Fact]
    public void Of_the_streams_that_one_drop_breaks_the_one_that_lost_most_counts()
    {
        Break(at: 1, received: 1000, lost: 750);
        Break(at: 1.2, received: 1000, lost: 250);

        Assert.Equal(0.75, _link.Figures.Breaks, 1e-12);
    }

    [Fact]
    public void A_break_before_the_first_byte_costs_no_bytes()
    {
        Break(at: 1, received: 0, lost: 0);
        Assert.Equal(0, _link.Figures.Breaks);
        Assert.Equal(1, _link.FailuresInRow);
    }

    [Fact]
    public void A_success_ends_a_row_of_failures()
    {
        Break(at: 1, received: 1, lost: 1);
        Break(at: 3, received: 1, lost: 1);
        Send(4, 5);
        Assert.Equal(0, _link.FailuresInRow);
    }

    [Fact]
    public void Break_with_a_kept_prefix_counts_too()
    {
        Break(at: 1, received: 10, lost: 10);
        Break(at: 3, received: 10, lost: 10);
        Break(at: 5, received: 10, lost: 1);
        Assert.Equal(1, _link.FailuresInRow);
    }

    [Fact]
    public void A_wrong_checksum_is_no_break_and_counts_by_bytes()
    {
        _link.Opened(0, 0);
        _link.Ended(1, 1, MB, new BodyOutcome(NetworkOutcome.Checksum, MB, MB, MB));
        Assert.Equal((0, 1, MB), (_link.Figures.Breaks, _link.Figures.Corrupt, _link.Figures.Verified));
    }

    [Fact]
    public void Outcome_unrelated_to_the_network_changes_only_its_rate()
    {
        _link.Opened(0, 0);
        _link.Ended(1, 1, MB, new BodyOutcome(NetworkOutcome.Unrelated, MB, MB, MB));
        Assert.Equal(0, _link.Figures.Breaks + _link.Figures.Drops + _link.Figures.Corrupt + _link.Figures.Commits + _link.FailuresInRow);
        Assert.Equal(MB, _link.Figures.Rate, 1e-6);
    }

    [Fact]
    public void Breaks_are_half_forgotten_after_five_minutes_of_receiving()
    {
        Break(at: 1, received: 1, lost: 1);
        Send(2, 302);
        Assert.Equal(0.5, _link.Figures.Breaks, 1e-9);
    }

    [Fact]
    public void A_new_upload_begins_with_what_its_network_knows_and_soon_overrules_it()
    {
        Send(0, 600, 600 * MB);
        Break(at: 601, received: 1, lost: 1);
        var warm = new NetworkState(_link.Figures);

        Assert.Equal(MB, warm.Figures.Rate, 1e-3);
        Assert.InRange(warm.Figures.Exposure, 1, 60);
        Assert.Equal(0, warm.Figures.Commits);
        warm.Opened(0, 0);
        warm.Ended(4, 4, 400_000, Ok(400_000));
        Assert.InRange(warm.Figures.Rate, 100_000, 400_000);
    }

    [Fact]
    public void Unknown_network_gets_the_default_advice() => Assert.Equal(default, new NetworkState(default(NetworkFigures)).Figures);

    [Fact]
    public void Survives_garbage_and_clocks_that_jump()
    {
        double[] times = [0, -1, double.NaN, double.PositiveInfinity, double.NegativeInfinity, 1e300, 5, 4, 1e-300, double.MaxValue];
        long[] bytes = [0, -1, long.MaxValue, long.MinValue, 1, MB];
        NetworkOutcome[] outcomes =
        [
            NetworkOutcome.Ok, NetworkOutcome.Disconnect, NetworkOutcome.Checksum, NetworkOutcome.Stall, NetworkOutcome.Unrelated,
            (NetworkOutcome)99,
        ];
        var policy = new AdaptivePolicy(new AdviceLimits());
        foreach (var from in times)
        {
            foreach (var to in times)
            {
                foreach (var count in bytes)
                {
                    foreach (var outcome in outcomes)
                    {
                        _link.Opened(from, count, to);
                        _link.Progress(to, count);
                        _link.Ended(to, from, count, new BodyOutcome(outcome, count, count, count));
                        AdviceAssert.Sane(policy.Decide(_link, new AdviceQuestion { Remaining = count }), new AdviceLimits());
                    }
                }
            }
        }
    }

    private static BodyOutcome Ok(long size) => new(NetworkOutcome.Ok, size, size, 0);

    /// <param name="total">Bytes of all bodies at its end; by default a megabyte per second.</param>
    private void Send(double at, double until, long total = 0, long before = 0)
    {
        total = total == 0 ? (long)((until - at) * MB) : total;
        _link.Opened(at, before);
        _link.Ended(until, until, total, Ok(total - before));
    }

    private void Break(double at, long received, long lost)
    {
        _link.Opened(at, 0);
        _link.Ended(at, at, 0, new BodyOutcome(NetworkOutcome.Disconnect, MB, received, lost));
    }
}
