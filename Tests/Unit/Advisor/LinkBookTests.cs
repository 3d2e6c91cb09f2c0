using ChunkUpload.Core.Access;
using ChunkUpload.Core.Advisor;
using ChunkUpload.Core.Uploads;
using ChunkUpload.Tests.Support;
using Microsoft.Extensions.Options;

namespace ChunkUpload.Tests.Unit.Advisor;

/// <summary>What is known of uploads and networks, and of whom.</summary>
public sealed class LinkBookTests
{
    private const long MB = 1_000_000;
    private static readonly Caller Home = Caller.Operator with { Link = new ClientLink("192.0.2.0/24") };
    private static readonly Caller Train = Caller.Operator with { Link = new ClientLink("198.51.100.0/24") };

    private readonly ManualTime _time = new();
    private readonly AdvisorOptions _options = new();
    private readonly LinkBook _book;
    private readonly AdaptivePolicy _policy = new(new AdviceLimits());

    public LinkBookTests() => _book = new LinkBook(Options.Create(_options), _time);

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
            body.End(BodyEnding.Ok, MB, 0);
            body.Dispose();
        }
    }

    [Fact]
    public void What_was_on_its_way_when_it_broke_counts_as_lost()
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
        body.End(BodyEnding.Disconnect, 4 * MB, 0);

        // 0.2 s at 1 MB/s of the 1 MB that came.
        Assert.InRange(Breaks(id), 0.19, 0.21);
    }

    [Fact]
    public void A_body_that_nobody_ended_says_nothing_of_the_network()
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
        body.End(BodyEnding.Ok, MB, 0);
        body.End(BodyEnding.Disconnect, MB, MB);
        Assert.Equal(0, _book.OpenBodies);
        Assert.Equal(0, Breaks(id));
    }

    [Fact]
    public void A_new_upload_begins_with_what_its_network_is_known_for_and_no_other()
    {
        Send(UploadId.New(), Home, 20, 20 * MB);
        var (same, other) = (UploadId.New(), UploadId.New());
        _book.Meet(same, Home);
        _book.Meet(other, Train);

        Assert.Equal(MB, Decide(same).Rate, 2.0);
        Assert.Equal(0, Decide(other).Rate);
    }

    [Fact]
    public void A_network_is_that_of_one_key_and_one_tenant()
    {
        Send(UploadId.New(), Home, 20, 20 * MB);
        var (subject, tenant) = (UploadId.New(), UploadId.New());
        _book.Meet(subject, Home with { Subject = "somebody else" });
        _book.Meet(tenant, Home with { Tenant = "another" });

        Assert.Equal(0, Decide(subject).Rate);
        Assert.Equal(0, Decide(tenant).Rate);
    }

    [Fact]
    public void A_network_is_forgotten_after_its_time()
    {
        Send(UploadId.New(), Home, 20, 20 * MB);
        _time.Advance(TimeSpan.FromHours(23));
        Assert.True(_book.KnownOf(LinkBook.KeyOf(Home)!.Value).Rate > 0);
        _time.Advance(TimeSpan.FromHours(2));
        Assert.Equal(default, _book.KnownOf(LinkBook.KeyOf(Home)!.Value));
    }

    [Fact]
    public void Whatever_a_network_carried_an_upload_begins_with_at_most_five_mebibytes()
    {
        var earlier = UploadId.New();
        for (var chunk = 0; chunk < 5; chunk++)
            Send(earlier, Home, 1, 500 * MB);
        var id = UploadId.New();
        _book.Meet(id, Home);

        Assert.InRange(Decide(id).Size, 1 << 20, 5 << 20);
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

        void Open(double seconds) => _book.Open(id, Home with { Link = Home.Link! with { SendSeconds = seconds } }).Dispose();
    }

    [Fact]
    public void And_nobody_else_in_its_network()
    {
        var id = UploadId.New();
        Send(id, Home, 1, 8 * MB);
        var honest = _book.KnownOf(LinkBook.KeyOf(Home)!.Value).Rate;
        _book.Open(id, Home with { Link = Home.Link! with { SendSeconds = 3600 } }).Dispose();
        Assert.InRange(Decide(id).Rate, 1, honest / 2);
        Send(id, Home, 1, 8 * MB);
        Assert.Equal(honest, _book.KnownOf(LinkBook.KeyOf(Home)!.Value).Rate, honest * 0.01);
    }

    [Fact]
    public void Silence_is_that_of_all_requests_that_are_under_way()
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
        Assert.Equal(3000, AdviceText.Of(default(AdviceFigures) with { LimitedBy = SizeLimit.Policy, Confidence = Confidence.Low }, default, link.Silence).SilentMs!.Value, 1.0);

        second.Dispose();
        Assert.Equal(3, link.Silence, 1e-6);
        first.Dispose();
        Assert.True(double.IsNaN(link.Silence));
    }

    [Fact]
    public void A_client_that_pays_for_bytes_gets_three_streams()
    {
        var id = UploadId.New();
        _book.Meet(id, Home with { Link = Home.Link! with { Sparing = true } });
        Assert.Equal(3, Decide(id).Concurrency);
    }

    [Fact]
    public void What_changed_is_told_once()
    {
        Send(UploadId.New(), Home, 1, MB);
        Send(UploadId.New(), Home, 1, MB);
        var network = Assert.Single(_book.Changed());

        Assert.Equal(("192.0.2.0/24", 2 * MB, 2L, 0L), (network.Key.Network, network.Uploaded, network.Requests, network.Failures));
        Assert.Empty(_book.Changed());
    }

    [Fact]
    public void Uploads_that_nobody_sends_any_more_are_let_go_of()
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
    public void The_history_has_a_line_for_each_change_with_what_came_of_the_advice_before()
    {
        var id = UploadId.New();
        var link = _book.Meet(id, Home);
        Assert.Equal((1, "cold-start"), Seen(link.Step(id, Decide(id), 500)!));
        Assert.Null(link.Step(id, Decide(id), 500));
        Send(id, Home, 4, 4 * MB);
        var step = link.Step(id, Decide(id), 500)!;

        Assert.Equal((2, 1, 0, 4 * MB), (step.Number, step.Succeeded, step.Failed, step.Bytes));
        Assert.Equal(MB, step.Rate!.Value, 2.0);

        static (int, string) Seen(AdviceStep step) => (step.Number, step.LimitedBy);
    }

    private void Send(UploadId id, Caller caller, double seconds, long bytes)
    {
        using var body = _book.Open(id, caller);
        body.Read(1);
        _time.Advance(TimeSpan.FromSeconds(seconds));
        body.Read(bytes - 1);
        body.End(BodyEnding.Ok, bytes, 0);
    }

    private void Wait(int milliseconds) => _time.Advance(TimeSpan.FromMilliseconds(milliseconds));

    private AdviceFigures Decide(UploadId id) => _book.Find(id)!.Decide(_policy, new AdviceQuestion(), null, out _);

    private double Breaks(UploadId id)
    {
        _ = _book.Find(id)!.Decide(_policy, new AdviceQuestion(), null, out var figures);
        return figures.Breaks;
    }
}
