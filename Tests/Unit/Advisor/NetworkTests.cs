using ChunkUpload.Core.Access;
using ChunkUpload.Core.Advisor;
using ChunkUpload.Tests.Support;
using Microsoft.Extensions.Options;

namespace ChunkUpload.Tests.Unit.Advisor;

/// <summary>The measurements that uploads from one network share.</summary>
public sealed class NetworkTests
{
    private const long MB = 1_000_000;
    private static readonly Caller Home = Caller.Operator with { Network = new ClientNetwork("192.0.2.0/24") };
    private static readonly Caller Train = Caller.Operator with { Network = new ClientNetwork("198.51.100.0/24") };

    private readonly ManualTime _time = new();
    private readonly AdvisorOptions _options = new();
    private readonly NetworkBook _book;
    private readonly AdaptivePolicy _policy = new(new AdviceLimits());

    public NetworkTests() => _book = new NetworkBook(Options.Create(_options), _time);

    [Fact]
    public void A_new_upload_begins_with_what_its_network_is_known_for_and_no_other()
    {
        Send(UploadId.New(), Home, 20, 20 * MB);
        var (same, other) = (UploadId.New(), UploadId.New());
        _book.GetOrAdd(same, Home);
        _book.GetOrAdd(other, Train);

        Assert.Equal(MB, Decide(same).Rate, 2.0);
        Assert.Equal(0, Decide(other).Rate);
    }

    [Fact]
    public void A_network_is_that_of_one_key_and_one_tenant()
    {
        Send(UploadId.New(), Home, 20, 20 * MB);
        var (subject, tenant) = (UploadId.New(), UploadId.New());
        _book.GetOrAdd(subject, Home with { Subject = "somebody else" });
        _book.GetOrAdd(tenant, Home with { Tenant = "another" });

        Assert.Equal(0, Decide(subject).Rate);
        Assert.Equal(0, Decide(tenant).Rate);
    }

    [Fact]
    public void A_network_is_forgotten_after_its_time()
    {
        Send(UploadId.New(), Home, 20, 20 * MB);
        _time.Advance(TimeSpan.FromHours(23));
        Assert.True(_book.KnownOf(NetworkBook.KeyOf(Home)!.Value).Rate > 0);
        _time.Advance(TimeSpan.FromHours(2));
        Assert.Equal(default, _book.KnownOf(NetworkBook.KeyOf(Home)!.Value));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_forgotten_network_leaves_memory_once_it_is_saved_or_need_not_be(bool keepHistory)
    {
        _options.KeepHistory = keepHistory;
        Send(UploadId.New(), Home, 20, 20 * MB);
        _time.Advance(TimeSpan.FromHours(25));
        _book.Forget();
        Assert.Equal(keepHistory ? 1 : 0, _book.Networks);
        _ = _book.Changed();
        _book.Forget();
        Assert.Equal(0, _book.Networks);
    }

    // A client with ever new addresses and uploads: the oldest entries are dropped.
    [Fact]
    public void The_number_of_remembered_uploads_and_networks_is_bounded()
    {
        const int Many = 120_000, Most = 50_000;
        var first = UploadId.New();
        Send(first, Home, 1, MB);
        for (var number = 0; number < Many; number++)
        {
            _time.Advance(TimeSpan.FromMilliseconds(1));
            using var body =
                _book.Open(UploadId.New(), Home with { Network = new ClientNetwork($"2001:db8:{number >> 8:x}:{number & 255:x}00::/56") });
            body.Read(1);
            body.End(NetworkOutcome.Ok, 1, 0);
        }

        Assert.InRange(_book.Networks, Most * 8 / 10, Most);
        Assert.InRange(_book.Uploads, Most * 8 / 10, Most);
        Assert.Equal(default, _book.KnownOf(NetworkBook.KeyOf(Home)!.Value));
        Assert.Null(_book.Find(first));
    }

    [Fact]
    public void First_advice_is_at_most_five_mebibytes_on_any_network()
    {
        var earlier = UploadId.New();
        for (var chunk = 0; chunk < 5; chunk++)
            Send(earlier, Home, 1, 500 * MB);
        var id = UploadId.New();
        _book.GetOrAdd(id, Home);

        Assert.InRange(Decide(id).Size, 1 << 20, 5 << 20);
    }

    // Clients behind one address and key: broken requests of one client cost the others at most a cautious beginning.
    [Theory]
    [InlineData(NetworkOutcome.Disconnect)]
    [InlineData(NetworkOutcome.Checksum)]
    public void Broken_requests_of_another_client_of_the_network_are_soon_outweighed(NetworkOutcome outcome)
    {
        Send(UploadId.New(), Home, 20, 20 * MB);
        var honest = UploadId.New();
        _book.GetOrAdd(honest, Home);
        var size = Decide(honest).Size;
        var neighbour = UploadId.New();
        for (var count = 0; count < 1000; count++)
        {
            Wait(1100);
            using var body = _book.Open(neighbour, Home);
            body.Read(1000);
            body.End(outcome, 1000, 1000);
        }

        var id = UploadId.New();
        _book.GetOrAdd(id, Home);
        var first = Decide(id);
        Assert.InRange(first.Mtbf, 7, 60);
        Assert.InRange(first.Size, size / 4, size);
        Assert.Equal(4, first.Concurrency);
        for (var chunk = 0; chunk < 60; chunk++)
            Send(id, Home, 1, MB);
        Assert.InRange(Decide(id).Mtbf, 25, 1000);
        Assert.InRange(Decide(id).Size, size * 0.6, size * 2);
        // The network's entry recovers by what honest uploads show.
        for (var chunk = 0; chunk < 300; chunk++)
            Send(id, Home, 1, MB);
        var later = UploadId.New();
        _book.GetOrAdd(later, Home);
        Assert.InRange(Decide(later).Mtbf, outcome == NetworkOutcome.Disconnect ? 25 : 50, 1000);
    }

    [Fact]
    public void Breaks_weigh_in_a_network_as_much_as_was_carried_between_them()
    {
        for (var count = 0; count < 10; count++)
        {
            var id = UploadId.New();
            Send(id, Home, 10, 10 * MB);
            using var body = _book.Open(id, Home);
            body.Read(1);
            body.End(NetworkOutcome.Disconnect, MB, 1);
        }

        // Ten breaks in a hundred seconds, of which an upload takes over two in twenty.
        var known = new NetworkState(_book.KnownOf(NetworkBook.KeyOf(Home)!.Value)).Figures;
        Assert.Equal(2, known.Drops, 1e-9);
        Assert.InRange(known.Exposure, 19, 22);
        Assert.Equal(MB, known.Rate, 10.0);
    }

    [Fact]
    public void A_small_file_takes_nothing_from_what_its_network_is_known_for()
    {
        for (var chunk = 0; chunk < 5; chunk++)
            Send(UploadId.New(), Home, 1, 2 * MB);
        var before = First();
        Wait(60_000);
        Send(UploadId.New(), Home, 0.02, 1000);
        var after = First();
        Assert.InRange(after.Size, before.Size * 0.9, before.Size);
        Assert.NotEqual(SizeLimit.Growth, after.LimitedBy);

        AdviceFigures First()
        {
            var id = UploadId.New();
            _book.GetOrAdd(id, Home);
            return Decide(id);
        }
    }

    [Fact]
    public void Another_network_learns_what_was_seen_on_it_and_not_what_the_upload_saw_before()
    {
        var id = UploadId.New();
        Send(id, Home, 20, 20 * MB);
        Send(id, Train, 10, MB);

        Assert.Equal(MB, _book.KnownOf(NetworkBook.KeyOf(Home)!.Value).Rate, 10.0);
        Assert.Equal(MB / 10, _book.KnownOf(NetworkBook.KeyOf(Train)!.Value).Rate, 10.0);
    }

    [Fact]
    public void A_gap_known_from_the_network_gives_way_to_the_first_measured_one()
    {
        var slow = UploadId.New();
        for (var chunk = 0; chunk < 10; chunk++)
        {
            Send(slow, Home, 1, MB);
            Wait(9000);
        }

        var id = UploadId.New();
        Send(id, Home, 1, MB);
        Assert.InRange(Decide(id).DeadTime, 8, 10);
        Wait(100);
        Send(id, Home, 1, MB);
        Assert.Equal(0.1, Decide(id).DeadTime, 1e-9);
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
}
