using ChunkUpload.AdvisorLab.Model;
using ChunkUpload.AdvisorLab.Senders;
using ChunkUpload.AdvisorLab.Traces;

namespace ChunkUpload.Tests.Unit.AdvisorLab;

/// <summary>The simulator against times computed by hand: 1 MB/s, a round trip of 100 ms, 50 ms to commit.</summary>
public sealed class UploadSimulationTests
{
    private const double Head = 900;
    private static readonly Trace Steady = new("steady", "steady", 0.1, cellular: false, uplink: true, [(10, 1e6)]);

    // Connecting 0.2 s. Slow start at 146, 292, 584 kB/s for 0.1 s each brings 102.2 kB, the rest of 1,000,900 bytes goes at 1 MB/s.
    // The answer: round trip, commit, and 1 MB at 300 MB/s.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Single_chunk_on_a_single_stream(bool http2)
    {
        var run = Run(Case(1_000_000) with { Http2 = http2 }, Sender.Fixed(1_000_000, 1, keepsPrefix: false));

        Assert.Equal(0.2 + 0.3 + ((1_000_000 + Head - 102_200) / 1e6) + 0.15 + (1.0 / 300), run.Seconds, 1e-6);
        Assert.Equal((true, 1, 0.0), (run.Finished, run.Requests, run.SentTwice));
    }

    // The second chunk needs no connection and no slow start, but waits for the first answer.
    [Fact]
    public void A_second_chunk_waits_for_the_answer_to_the_first()
    {
        var one = Run(Case(1_000_000), Sender.Fixed(1_000_000, 1, keepsPrefix: false)).Seconds;
        var two = Run(Case(2_000_000), Sender.Fixed(1_000_000, 1, keepsPrefix: false)).Seconds;
        Assert.Equal(one + ((1_000_000 + Head) / 1e6) + 0.15 + (1.0 / 300), two, 1e-6);
    }

    [Fact]
    public void A_pause_longer_than_the_round_trip_and_200_ms_begins_slow_start_again()
    {
        var slow = Case(2_000_000) with { Commit = 0.25 };
        var two = Run(slow, Sender.Fixed(1_000_000, 1, keepsPrefix: false)).Seconds;
        var one = Run(slow with { Size = 1_000_000 }, Sender.Fixed(1_000_000, 1, keepsPrefix: false)).Seconds;
        Assert.Equal(one - 0.2, two - one, 1e-6);
    }

    // 100 kB in flight per round trip.
    [Fact]
    public void A_window_caps_a_stream_and_not_several()
    {
        var fast = new Trace("fast", "fast", 0.1, false, true, [(10, 1e8)]);
        var narrow = Case(100_000_000) with { Trace = fast, Window = 100_000 };
        var one = Run(narrow, Sender.Fixed(25_000_000, 1, keepsPrefix: false)).Seconds;
        var four = Run(narrow, Sender.Fixed(25_000_000, 4, keepsPrefix: false)).Seconds;
        Assert.InRange(one, 100, 102);
        Assert.InRange(four, 25, 26);
    }

    [Fact]
    public void An_outage_that_is_shorter_than_the_stall_timeout_costs_its_time()
    {
        var trace = new Trace("outage", "outage", 0.1, false, true, [(1, 1e6), (5, 0), (100, 1e6)]);
        var steady = Run(Case(3_000_000), Sender.Fixed(3_000_000, 1, keepsPrefix: false)).Seconds;
        Assert.Equal(steady + 5, Run(Case(3_000_000) with { Trace = trace }, Sender.Fixed(3_000_000, 1, keepsPrefix: false)).Seconds, 1e-3);
    }

    [Fact]
    public void A_longer_outage_breaks_the_request_and_a_kept_prefix_loses_a_round_trip_of_bytes()
    {
        var trace = new Trace("outage", "outage", 0.1, false, true, [(2, 1e6), (30, 0), (100, 1e6)]);
        var scenario = Case(3_000_000) with { Trace = trace };
        var whole = Run(scenario, Sender.Fixed(3_000_000, 1, keepsPrefix: false));
        var kept = Run(scenario, Sender.Fixed(3_000_000, 1, keepsPrefix: true));

        // 0.5 s of slow start and connecting, 1.5 s at 1 MB/s.
        Assert.Equal((102_200 + 1_500_000 - Head) / 3e6, whole.SentTwice, 1e-6);
        Assert.Equal(100_000 / 3e6, kept.SentTwice, 1e-6);
        Assert.True(kept.Seconds < whole.Seconds - 1);
    }

    [Fact]
    public void Large_chunks_over_a_dropping_network_do_not_finish()
    {
        var scenario = Case(50_000_000) with { Mtbf = 5 };
        Assert.Equal(scenario.Cap, Run(scenario, Sender.Fixed(50_000_000, 1, keepsPrefix: false)).Seconds);
        Assert.True(Run(scenario, Sender.Fixed(50_000_000, 1, keepsPrefix: true)).Finished);
        Assert.True(Run(scenario, Sender.Adaptive(4, keepsPrefix: false)).Finished);
    }

    [Fact]
    public void The_same_seed_gives_the_same_run_and_another_one_another()
    {
        var scenario = Case(20_000_000) with { Mtbf = 10, Corruption = 5e-8 };
        var first = Run(scenario, Sender.Adaptive(4, keepsPrefix: true), 1);
        Assert.Equal(first, Run(scenario, Sender.Adaptive(4, keepsPrefix: true), 1));
        Assert.NotEqual(first, Run(scenario, Sender.Adaptive(4, keepsPrefix: true), 2));
    }

    [Fact]
    public void Wrong_bytes_cost_their_whole_chunk_at_once()
    {
        var scenario = Case(20_000_000) with { Corruption = 5e-8 };
        var runs = Enumerable.Range(0, 200).Select(seed => Run(scenario, Sender.Fixed(10_000_000, 1, keepsPrefix: true), seed).SentTwice)
            .ToList();
        // A chunk of 10 MB is wrong with probability 1 - e^-0.5 = 0.393, so it is sent e^0.5 = 1.649 times on average.
        Assert.InRange(runs.Average(), 0.5, 0.8);
        Assert.All(runs, share => Assert.Equal(0, share * 2 % 1, 1e-9));
    }

    [Fact]
    public void Streams_that_begin_together_hide_no_dead_time_unless_they_are_staggered()
    {
        var scenario = Case(100_000_000) with { Commit = 0.12, RoundTrip = 0.2 };
        var together = Run(scenario, Sender.Fixed(1 << 20, 4, keepsPrefix: true)).Seconds;
        var staggered = Run(scenario, Sender.Adaptive(4, keepsPrefix: true)).Seconds;
        Assert.InRange(together, 105, 120);
        Assert.InRange(staggered, 100, 102.5);
    }

    // A drop breaks all four streams. Whole chunks are lost, so each stream takes a new one after its wait.
    [Fact]
    public void Streams_that_a_break_ended_together_stagger_again()
    {
        var sender = Sender.Fixed(1 << 20, 4, keepsPrefix: false, staggers: true);
        var sizes = new List<long>();
        var failures = 0;
        _ = new UploadSimulation().Run(Case(100_000_000) with { Mtbf = 20 }, sender, 0, watch: moment =>
        {
            failures += moment.Failure ? 1 : 0;
            if (failures == 4 && !moment.Failure && moment.Size > 0)
                sizes.Add(moment.Size);
        });

        const long Quarter = 1 << 18;
        Assert.Equal([Quarter, 2 * Quarter, 3 * Quarter, 4 * Quarter], sizes.Take(4));
    }

    [Fact]
    public void The_fluid_time_is_that_of_the_trace_from_the_offset_on()
    {
        var trace = new Trace("two", "two", 0.1, false, true, [(1, 1e6), (1, 3e6)]);
        Assert.Equal(1, trace.FluidTime(0, 1e6), 1e-12);
        Assert.Equal(1 + (1 / 3.0), trace.FluidTime(0, 2e6), 1e-12);
        Assert.Equal(1 / 3.0, trace.FluidTime(1, 1e6), 1e-12);
        Assert.Equal(3.5, trace.FluidTime(1.5, 1.5e6 + 4e6 + 1e6), 1e-12);
        Assert.Equal(0, trace.FluidTime(1.5, 0));
    }

    private static UploadRun Run(Scenario scenario, Sender sender, int seed = 0) => new UploadSimulation().Run(scenario, sender, seed);

    private static Scenario Case(long size) => new(
        0, Steady, 0, size, 0.1, 0.05, 4 << 20, Http2: false, double.PositiveInfinity, double.PositiveInfinity, 0, 1);
}
