using ChunkUpload.Core.Access;
using ChunkUpload.Core.Advisor;
using ChunkUpload.Tests.Support;
using Microsoft.Extensions.Options;

namespace ChunkUpload.Tests.Unit.Advisor;

/// <summary>The measurements that are kept of uploads and networks.</summary>
public sealed class NetworkBookTests
{
    private const long MB = 1_000_000;
    private static readonly Caller Home = Caller.Operator with { Network = new ClientNetwork("192.0.2.0/24") };

    private readonly ManualTime _time = new();
    private readonly AdvisorOptions _options = new();
    private readonly NetworkBook _book;
    private readonly AdaptivePolicy _policy = new(new AdviceLimits());

    public NetworkBookTests() => _book = new NetworkBook(Options.Create(_options), _time);

    [Fact]
    public void A_body_is_measured_from_its_first_bytes_to_its_last()
    {
        var id = UploadId.New();
        Send(id, Home, seconds: 4, bytes: 4 * MB);

        Assert.Equal(MB, Decide(id).Rate, 2.0);
    }

    [Fact]
    public void The_gap_is_that_between_two_bodies_of_a_stream()
    {
        var id = UploadId.New();
        Send(id, Home, 1, MB);
        _time.Advance(TimeSpan.FromMilliseconds(150));
        Send(id, Home, 1, MB);

        Assert.Equal(0.15, Decide(id).DeadTime, 1e-9);
    }

    [Fact]
    public void Streams_that_take_turns_have_each_its_own_gap()
    {
        var id = UploadId.New();
        var (first, second) = (Begin(id), Begin(id));
        Wait(1000);
        End(first);
        Wait(100);
        End(second);
        Wait(100);
        first = Begin(id);
        Wait(100);
        second = Begin(id);
        Wait(500);
        End(first);
        End(second);

        Assert.Equal(0.2, Decide(id).DeadTime, 1e-9);

        BodyWatch Begin(UploadId upload)
        {
            var body = _book.Open(upload, Home);
            body.Read(100);
            return body;
        }

        void End(BodyWatch body)
        {
            body.Read(MB);
            body.End(NetworkOutcome.Ok, MB, 0);
            body.Dispose();
        }
    }

    // Bodies of 1 s with gaps of 0.2 s; then some of the streams end.
    [Theory]
    [InlineData(4, 1)]
    [InlineData(4, 2)]
    [InlineData(4, 4)]
    [InlineData(1, 4)]
    public void A_gap_stays_what_it_is_when_streams_become_fewer_or_more(int before, int after)
    {
        var id = UploadId.New();
        var bodies = new BodyWatch?[4];
        for (var tick = 0; tick < 1200; tick++, Wait(50))
        {
            // Each stream 0.3 s after the one before it.
            for (var stream = 0; stream < 4; stream++)
            {
                var at = (tick + 24 - (6 * stream)) % 24;
                if (at == 0 && stream < (tick < 240 ? before : after))
                {
                    bodies[stream] = _book.Open(id, Home);
                    bodies[stream]!.Read(1);
                }
                else if (at == 20 && bodies[stream] is { } body)
                {
                    body.Read(MB);
                    body.End(NetworkOutcome.Ok, MB, 0);
                    body.Dispose();
                    bodies[stream] = null;
                }
            }
        }

        Assert.Equal(0.2, Decide(id).DeadTime, 1e-3);
    }

    // Two streams, of which one breaks: both begin anew after a wait, which is not the cost of a request.
    [Fact]
    public void A_wait_after_a_break_is_no_gap()
    {
        var id = UploadId.New();
        var (first, second) = (_book.Open(id, Home), _book.Open(id, Home));
        foreach (var body in new[] { first, second })
            body.Read(1000);
        Wait(1000);
        first.Read(MB);
        first.End(NetworkOutcome.Ok, MB, 0);
        second.End(NetworkOutcome.Disconnect, MB, 0);
        Wait(3000);
        _book.Open(id, Home).Read(1000);

        _ = _book.Find(id)!.Decide(_policy, new AdviceQuestion(), null, out var figures);
        Assert.Equal(0, figures.Gap);
    }

    // 4 MB are not durable, and all but 100 kB of them are in flight: enough for two streams.
    [Fact]
    public void Bytes_in_flight_do_not_count_as_remaining()
    {
        var id = UploadId.New();
        using var body = _book.Open(id, Home);
        body.Read((4 * MB) - 100_000);

        Assert.Equal(2, _book.Find(id)!.Decide(_policy, new AdviceQuestion(), 4 * MB, out _).Concurrency);
    }

    [Fact]
    public void Bytes_in_flight_at_a_break_count_as_lost()
    {
        var id = UploadId.New();
        Send(id, Home, 1, MB);
        Wait(200);
        Send(id, Home, 1, MB);
        Wait(200);
        var body = _book.Open(id, Home);
        body.Read(1);
        Wait(1000);
        body.Read(MB);
        body.End(NetworkOutcome.Disconnect, 4 * MB, 0);

        // 0.2 s at 1 MB/s of the 1 MB that came.
        Assert.InRange(Breaks(id), 0.19, 0.21);
    }

    [Fact]
    public void A_body_without_an_end_says_nothing_about_the_network()
    {
        var id = UploadId.New();
        using (var body = _book.Open(id, Home))
            body.Read(MB);
        Assert.Equal(0, Breaks(id));
        Assert.Equal(0, _book.OpenBodies);
    }

    [Fact]
    public void A_body_that_is_ended_twice_counts_once()
    {
        var id = UploadId.New();
        using var body = _book.Open(id, Home);
        body.Read(MB);
        body.End(NetworkOutcome.Ok, MB, 0);
        body.End(NetworkOutcome.Disconnect, MB, MB);
        Assert.Equal(0, _book.OpenBodies);
        Assert.Equal(0, Breaks(id));
    }

    [Fact]
    public void Too_many_bodies_at_a_time_make_the_service_busy()
    {
        _options.BusyBodies = 2;
        var bodies = Enumerable.Range(0, 3).Select(_ => _book.Open(UploadId.New(), Home)).ToList();
        Assert.True(_book.IsBusy);
        bodies[0].Dispose();
        Assert.False(_book.IsBusy);
        bodies.ForEach(body => body.Dispose());
    }

    [Fact]
    public void A_client_behind_a_proxy_that_buffers_makes_itself_slower_and_never_faster()
    {
        var id = UploadId.New();
        Send(id, Home, 1, 8 * MB);
        Open(20);
        Assert.InRange(Decide(id).Rate, 0.3 * MB, 5 * MB);
        var slow = Decide(id).Rate;
        Open(0.000_001);
        Assert.Equal(slow, Decide(id).Rate);
        Open(1e300);
        Assert.InRange(Decide(id).Rate, 1, slow);

        void Open(double seconds) => _book.Open(id, Home with { Network = Home.Network! with { SendSeconds = seconds } }).Dispose();
    }

    [Fact]
    public void A_client_that_reports_slow_sending_slows_no_other_upload_of_its_network()
    {
        var id = UploadId.New();
        Send(id, Home, 1, 8 * MB);
        var honest = _book.KnownOf(NetworkBook.KeyOf(Home)!.Value).Rate;
        _book.Open(id, Home with { Network = Home.Network! with { SendSeconds = 3600 } }).Dispose();
        Assert.InRange(Decide(id).Rate, 1, honest / 2);
        Send(id, Home, 1, 8 * MB);
        Assert.Equal(honest, _book.KnownOf(NetworkBook.KeyOf(Home)!.Value).Rate, honest * 0.01);
    }

    [Fact]
    public void Hints_of_a_client_hold_until_it_sends_others()
    {
        var id = UploadId.New();
        _book.GetOrAdd(id, Home with { Network = Home.Network! with { Sparing = true, RoundTrip = 0.5 } });
        _book.Open(id, Home).Dispose();
        Assert.Equal((3, 0.55), (Decide(id).Concurrency, Math.Round(Decide(id).DeadTime, 6)));
        _book.GetOrAdd(id, Home with { Network = Home.Network! with { Sparing = false } });
        Assert.Equal(4, Decide(id).Concurrency);
    }

    [Fact]
    public void The_reported_silence_is_that_of_all_running_requests()
    {
        var id = UploadId.New();
        var (first, second) = (_book.Open(id, Home), _book.Open(id, Home));
        var link = _book.Find(id)!;
        Assert.True(double.IsNaN(link.Silence));

        first.Read(1000);
        _time.Advance(TimeSpan.FromSeconds(2));
        second.Read(1000);
        _time.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal(3, link.Silence, 1e-6);
        Assert.Equal(3000, AdviceText.Of(default(AdviceFigures) with { LimitedBy = SizeLimit.Policy, Confidence = Confidence.Low }, default,
            link.Silence).SilentMs!.Value, 1.0);

        second.Dispose();
        Assert.Equal(3, link.Silence, 1e-6);
        first.Dispose();
        Assert.True(double.IsNaN(link.Silence));
    }

    [Fact]
    public void A_client_that_pays_for_bytes_gets_three_streams()
    {
        var id = UploadId.New();
        _book.GetOrAdd(id, Home with { Network = Home.Network! with { Sparing = true } });
        Assert.Equal(3, Decide(id).Concurrency);
    }

    [Fact]
    public void Changed_networks_are_returned_once()
    {
        Send(UploadId.New(), Home, 1, MB);
        Send(UploadId.New(), Home, 1, MB);
        var network = Assert.Single(_book.Changed());

        Assert.Equal(("192.0.2.0/24", 2 * MB, 2L, 0L), (network.Key.Network, network.Uploaded, network.Requests, network.Failures));
        Assert.Empty(_book.Changed());
    }

    [Fact]
    public void Idle_uploads_are_forgotten()
    {
        var (silent, busy) = (UploadId.New(), UploadId.New());
        Send(silent, Home, 1, MB);
        using var body = _book.Open(busy, Home);
        _time.Advance(TimeSpan.FromHours(3));
        _book.Forget();

        Assert.Null(_book.Find(silent));
        Assert.NotNull(_book.Find(busy));
    }

    [Fact]
    public void Ended_uploads_are_forgotten_soon()
    {
        var (ended, open) = (UploadId.New(), UploadId.New());
        Send(ended, Home, 1, MB);
        Send(open, Home, 1, MB);
        _book.Close(ended);
        _book.Forget();
        Assert.NotNull(_book.Find(ended));

        _time.Advance(TimeSpan.FromMinutes(2));
        _book.Forget();
        Assert.Null(_book.Find(ended));
        Assert.NotNull(_book.Find(open));
    }

    [Fact]
    public void The_history_has_a_line_for_each_change_with_what_came_of_the_advice_before()
    {
        var id = UploadId.New();
        var link = _book.GetOrAdd(id, Home);
        Assert.Equal((1, "cold-start"), Seen(link.Step(Decide(id), 500)!));
        Assert.Null(link.Step(Decide(id), 500));
        Send(id, Home, 4, 4 * MB);
        var step = link.Step(Decide(id), 500)!;

        Assert.Equal((2, 1, 0, 4 * MB), (step.Number, step.Succeeded, step.Failed, step.Bytes));
        Assert.Equal(MB, step.Rate!.Value, 2.0);

        static (int, string) Seen(AdviceStep step) => (step.Number, step.LimitedBy);
    }

    [Fact]
    public void The_history_ends_with_what_came_of_the_last_advice()
    {
        var (ended, forgotten, nothing) = (UploadId.New(), UploadId.New(), UploadId.New());
        foreach (var id in new[] { ended, forgotten, nothing })
            _ = _book.GetOrAdd(id, Home).Step(Decide(id), 500);
        Send(ended, Home, 4, 4 * MB);
        Send(forgotten, Home, 1, MB);
        _book.Close(ended);
        _book.Close(ended);
        _book.Close(UploadId.New());

        var step = Assert.Single(_book.LastSteps());
        Assert.Equal((ended, 2, "over", 1, 0, 4 * MB), (step.Upload, step.Number, step.LimitedBy, step.Succeeded, step.Failed, step.Bytes));
        _time.Advance(TimeSpan.FromHours(3));
        _book.Forget();
        Assert.Equal(forgotten, Assert.Single(_book.LastSteps()).Upload);
        Assert.Null(_book.Find(nothing));
    }

    [Fact]
    public void Bodies_their_outcomes_and_the_advice_after_them_allocate_nothing()
    {
        var (id, book) = (UploadId.New(), new NetworkBook(Options.Create(_options), new TickingTime()));
        Round();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var round = 0; round < 1000; round++)
            Round();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(2002, Assert.Single(book.Changed()).Requests);

        void Round()
        {
            using (var first = book.Open(id, Home))
            using (var second = book.Open(id, Home))
            {
                for (var read = 0; read < 20; read++)
                {
                    first.Read(100_000);
                    second.Read(1000);
                }

                first.End(NetworkOutcome.Ok, 2_000_000, 0);
                second.End(NetworkOutcome.Disconnect, 200_000, 0);
            }

            _ = book.Find(id)!.Decide(_policy, new AdviceQuestion(), 1L << 40, out _);
        }
    }

    /// <summary>Each reading is 30 ms later than the previous one.</summary>
    private sealed class TickingTime : TimeProvider
    {
        private long _ticks;

        public override long TimestampFrequency => 1000;

        public override long GetTimestamp() => _ticks += 30;
    }

    private void Send(UploadId id, Caller caller, double seconds, long bytes)
    {
        using var body = _book.Open(id, caller);
        body.Read(1);
        _time.Advance(TimeSpan.FromSeconds(seconds));
        body.Read(bytes - 1);
        body.End(NetworkOutcome.Ok, bytes, 0);
    }

    private void Wait(int milliseconds) => _time.Advance(TimeSpan.FromMilliseconds(milliseconds));

    private AdviceFigures Decide(UploadId id) => _book.Find(id)!.Decide(_policy, new AdviceQuestion(), null, out _);

    private double Breaks(UploadId id)
    {
        _ = _book.Find(id)!.Decide(_policy, new AdviceQuestion(), null, out var figures);
        return figures.Breaks;
    }
}
