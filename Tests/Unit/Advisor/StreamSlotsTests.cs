using ChunkUpload.Core.Access;
using ChunkUpload.Core.Advisor;
using ChunkUpload.Tests.Support;
using Microsoft.Extensions.Options;

namespace ChunkUpload.Tests.Unit.Advisor;

/// <summary>How bodies are assigned to streams when they are much shorter than the pauses between them.</summary>
public sealed class StreamSlotsTests
{
    private static readonly Caller Home = Caller.Operator with { Network = new ClientNetwork("192.0.2.0/24") };

    // Four streams a quarter of a period apart: two bodies are never open at a time, so that they look like one stream.
    [Fact]
    public void Streams_that_never_meet_are_taken_for_one()
    {
        var turns = new StreamSlots();
        var gaps = Enumerable.Range(0, 40).Select(body =>
        {
            var gap = turns.Began(body * 0.08);
            turns.Ended((body * 0.08) + 0.02);
            return gap;
        }).ToList();

        Assert.True(double.IsNaN(gaps[0]));
        Assert.All(gaps.Skip(1), gap => Assert.Equal(0.06, gap, 1e-9));
    }

    [Fact]
    public void Streams_that_begin_together_are_told_apart_however_short_their_bodies()
    {
        var turns = new StreamSlots();
        for (var turn = 0; turn < 10; turn++)
        {
            for (var stream = 0; stream < 4; stream++)
                Assert.Equal(turn == 0 ? double.NaN : 0.3, turns.Began((turn * 0.32) + (stream * 0.001)), 1e-9);
            for (var stream = 0; stream < 4; stream++)
                turns.Ended((turn * 0.32) + 0.02 + (stream * 0.001));
        }
    }

    // Whatever the bodies' lengths: while all streams continue, the measured gap is the pause or less.
    [Fact]
    public void A_pause_is_never_taken_for_longer_than_it_is()
    {
        var chance = new Random(33);
        for (var round = 0; round < 200; round++)
        {
            var (turns, pause, longest) = (new StreamSlots(), 0.01 + chance.NextDouble(), Math.Pow(10, -3 + (4 * chance.NextDouble())));
            var changes = new PriorityQueue<bool, double>();
            for (var stream = chance.Next(1, 9); stream > 0; stream--)
                changes.Enqueue(true, chance.NextDouble());
            for (var change = 0; change < 300; change++)
            {
                _ = changes.TryDequeue(out var begins, out var now);
                if (begins)
                {
                    var gap = turns.Began(now);
                    Assert.True(double.IsNaN(gap) || (gap >= 0 && gap <= pause + 1e-9), $"{gap} of {pause} in round {round}");
                    changes.Enqueue(false, now + (chance.NextDouble() * longest));
                }
                else
                {
                    turns.Ended(now);
                    changes.Enqueue(true, now + pause);
                }
            }
        }
    }

    // 25 MB/s and half a second between bodies: 512 KiB take 20 ms. The first gaps are measured too short; once chunks have grown, streams
    // overlap and the gap is right.
    [Fact]
    public void A_client_that_follows_the_advice_is_soon_told_apart()
    {
        var found = Follow(new AdviceLimits(), seconds: 60);
        Assert.InRange(found[0].DeadTime, 0.01, 0.2);
        Assert.Equal(0.5, found[^1].DeadTime, 0.02);
        Assert.True(found[^1].Size >= 25_000_000 * AdaptiveTuning.Default.CoverDeadTime * 0.48 / 3);
        Assert.InRange(found.FindIndex(advice => advice.DeadTime > 0.4), 1, 60);
    }

    // If a proxy limits the chunks the gap stays too short, and the size is the largest allowed all the same.
    [Fact]
    public void Short_pause_costs_nothing_where_chunks_cannot_grow()
    {
        var found = Follow(new AdviceLimits { BodyLimit = 256 << 10, MaxConcurrency = 4 }, seconds: 60);
        Assert.All(found, advice => Assert.InRange(advice.DeadTime, 0.01, 0.5));
        Assert.All(found, advice => Assert.Equal((256 << 10, 4), (advice.Size, advice.Concurrency)));
    }

    /// <summary>Four streams, at first a quarter of a period apart, that take the advised size.</summary>
    /// <returns>The advice after each body from the first pause on.</returns>
    private static List<AdviceFigures> Follow(AdviceLimits limits, int seconds)
    {
        const double Rate = 25e6, Pause = 0.5;
        const int TickMs = 5;
        var (time, id, policy) = (new ManualTime(), UploadId.New(), new AdaptivePolicy(limits));
        var book = new NetworkBook(Options.Create(new AdvisorOptions()), time);
        var link = book.GetOrAdd(id, Home);
        var found = new List<AdviceFigures>();
        var streams = Enumerable.Range(0, 4).Select(stream => new Stream { BeginsAt = stream * Pause / 4 }).ToList();
        for (var now = 0.0; now < seconds; now += TickMs / 1000.0, time.Advance(TimeSpan.FromMilliseconds(TickMs)))
        {
            var open = streams.Count(stream => stream.Body is not null);
            foreach (var stream in streams)
            {
                if (stream.Body is { } body)
                {
                    var bytes = Math.Min(stream.Left, (long)(Rate * TickMs / 1000 / open));
                    body.Read(bytes);
                    if ((stream.Left -= bytes) > 0)
                        continue;
                    body.End(NetworkOutcome.Ok, stream.Size, 0);
                    body.Dispose();
                    (stream.Body, stream.BeginsAt) = (null, now + Pause);
                    var advice = Decide(out var seen);
                    if (seen.Gap > 0)
                        found.Add(advice);
                }
                else if (now >= stream.BeginsAt - 1e-9)
                {
                    stream.Size = stream.Left = Decide(out _).Size;
                    stream.Body = book.Open(id, Home);
                    stream.Body.Read(1);
                    stream.Left--;
                }
            }
        }

        return found;

        AdviceFigures Decide(out NetworkFigures seen) => link.Decide(policy, new AdviceQuestion(), 1L << 40, out seen);
    }

    private sealed class Stream
    {
        public double BeginsAt { get; set; }

        public long Size { get; set; }

        public long Left { get; set; }

        public BodyWatch? Body { get; set; }
    }
}
