using ChunkUpload.AdvisorLab.Experiments;
using ChunkUpload.AdvisorLab.Model;
using ChunkUpload.AdvisorLab.Senders;
using ChunkUpload.AdvisorLab.Traces;
using ChunkUpload.Core.Advisor;

namespace ChunkUpload.Tests.Unit.AdvisorLab;

/// <summary>A client that tries a second connection: 1 MB/s, a round trip of 100 ms, 50 ms to commit.</summary>
public sealed class SilentDropTests
{
    private const double Head = 900;
    private const int Size = 3_000_000;
    private static readonly Trace Slow = new("slow", "steady", 0.1, cellular: false, uplink: true, [(10, 1e4)]);
    private static readonly Trace Steady = new("steady", "steady", 0.1, cellular: false, uplink: true, [(10, 1e6)]);

    // At the drop, 102,200 bytes of slow start and 1 MB/s since 0.5 s are sent, of which a round trip's 100,000 are lost. The client sees
    // steps of 16 KiB: 0.5 s after the last one it takes 0.2 s to connect, 0.1 s to ask whether bytes still arrive, 0.1 s to ask for the
    // offset; then slow start and the rest; the answer.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_silent_drop_costs_the_silence_and_four_round_trips(bool http2)
    {
        var (scenario, drop) = OneSilentDrop();
        var kept = 102_200 + ((drop - 0.5) * 1e6) - Head - 100_000;
        var rest = Size - kept + Head;
        var expected = Seen(drop) + 0.5 + 0.2 + 0.1 + 0.1 + 0.3 + ((rest - 102_200) / 1e6) + 0.15 + (Size / 300e6);

        var run = new UploadSimulation().Run(scenario with { Http2 = http2 }, Probing(), 0);
        Assert.Equal(expected, run.Seconds, 1e-6);
        Assert.Equal(100_000.0 / Size, run.SentTwice, 1e-6);
    }

    // The stall timeout of 8 s from the last byte replaces the silence, plus half a second before the retry, and one question less.
    [Fact]
    public void Without_a_second_connection_it_costs_the_stall_timeout()
    {
        var (scenario, drop) = OneSilentDrop();
        var simulation = new UploadSimulation();
        Assert.Equal(simulation.Run(scenario, Probing(), 0).Seconds + drop - Seen(drop) + 7.5 + 0.4,
            simulation.Run(scenario, Probing(probes: false), 0).Seconds, 1e-6);
        Assert.Equal((0, 0), simulation.Probes);
    }

    // A link of 10 kB/s shows 16 KiB every 1.6 s: after half a second each time a useless second connection with its 1600 bytes.
    [Fact]
    public void A_false_alarm_costs_its_bytes_and_takes_nothing_over()
    {
        var scenario = Case(double.PositiveInfinity) with { Trace = Slow, Size = 100_000 };
        var simulation = new UploadSimulation();
        var quiet = simulation.Run(scenario, Probing(probes: false, size: 100_000), 0);
        var alarmed = simulation.Run(scenario, Probing(size: 100_000), 0);

        var (tried, tookOver) = simulation.Probes;
        Assert.InRange(tried, 7, 14);
        Assert.Equal(0, tookOver);
        Assert.InRange(alarmed.Seconds - quiet.Seconds, (tried - 1) * 1600 / 10e3, (tried * 1600 / 10e3) + 1e-6);
        Assert.Equal((quiet.SentTwice, quiet.Requests), (alarmed.SentTwice, alarmed.Requests));
    }

    [Fact]
    public void Noticing_sooner_is_faster_and_nothing_is_faster_than_noticing_at_once()
    {
        var scenario = Case(5) with { Size = 50_000_000 };
        var times = new[] { Sender.Tiers(4, keepsPrefix: false), Sender.ServedPlain(), Sender.Served(), Sender.Foreseeing() }
            .Select(sender => Enumerable.Range(0, 20).Average(seed => new UploadSimulation().Run(scenario, sender, seed).Seconds)).ToList();
        Assert.Equal(times.OrderDescending(), times);
    }

    // Without drops the runs are alike, so luck plays no part in either choice.
    [Fact]
    public void Hindsight_is_the_same_for_half_of_the_runs_where_all_are_alike()
    {
        var scenario = Case(double.PositiveInfinity);
        var (all, crossed) = new Oracle(new UploadSimulation(), scenario, 4, keepsPrefix: true).Find();
        Assert.Equal(all.One, crossed.One, 1e-9);
        Assert.Equal(all.Eight, crossed.Eight, 1e-9);
        Assert.True(all.Eight <= all.Four && all.Four <= all.One);
        Assert.True(double.IsNaN(new Oracle(new UploadSimulation(), scenario, 1, keepsPrefix: true).Find().Crossed.One));
    }

    // Hindsight is not bound by the service's limits.
    [Fact]
    public void Hindsight_may_take_six_streams()
    {
        var six = Sender.Fixed(1 << 20, 6, keepsPrefix: true);
        six.Start();
        Assert.Equal(1 << 20, six.Next(1e9, 0));
        Assert.Equal(6, six.Advice.Concurrency);
    }

    // A choice that is scored on the runs that selected it looks better than it is.
    [Fact]
    public void Hindsight_on_other_runs_is_worse_on_average()
    {
        var ratio = Enumerable.Range(0, 12).Average(number =>
        {
            var (all, crossed) = new Oracle(
                new UploadSimulation(), Case(10) with { Size = 20_000_000, Seed = (ulong)number }, 4, keepsPrefix: false).Find();
            return Math.Log(crossed.Eight / all.Eight);
        });
        Assert.InRange(ratio, 1e-6, 0.5);
    }

    private static (Scenario Scenario, double Drop) OneSilentDrop()
    {
        for (ulong seed = 1; ; seed++)
        {
            // As the simulation draws them.
            var chance = Chance.Of(seed, 0, 1);
            var drop = chance.Exponential(20);
            var silent = chance.Unit() < 0.2;
            if (silent && drop is > 1 and < 2 && chance.Exponential(20) > 40)
                return (Case(20) with { Seed = seed }, drop);
        }
    }

    // When the last 16 KiB became visible before the drop.
    private static double Seen(double drop)
    {
        var sent = 102_200 + ((drop - 0.5) * 1e6) - Head;
        return drop - ((sent % (16 << 10)) / 1e6);
    }

    private static Sender Probing(bool probes = true, long size = Size) =>
        new("test", new FixedSizePolicy(probes ? 0.5 : 60, size), 1, keepsPrefix: true) { HeedsStall = true, Probes = true };

    private static Scenario Case(double mtbf) =>
        new(0, Steady, 0, Size, 0.1, 0.05, 4 << 20, Http2: false, mtbf, double.PositiveInfinity, 0, 1);

    /// <summary>One chunk, and half a second before a retry.</summary>
    private sealed class FixedSizePolicy(double probe, long size) : IAdvicePolicy
    {
        public AdviceFigures Decide(NetworkState link, in AdviceQuestion question) => new()
        {
            Size = size,
            Low = size,
            High = size,
            Concurrency = 1,
            RetryFrom = 0.5,
            RetryTo = 0.5,
            Stall = 8,
            Probe = probe,
            LimitedBy = SizeLimit.Policy,
            Confidence = Confidence.Low,
        };
    }
}
