using System.Net;
using ChunkUpload.Api.Access;
using ChunkUpload.Core.Limits;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Unit.Limits;

/// <summary>The requests of a minute and those at a time, and failed sign-ins, at one node and at two that hear of each other.</summary>
public sealed class RateBookTests
{
    private const string Name = "requestsPerMinute";

    private static readonly LimitTarget User = LimitTarget.OfSubject("t", "user:u")!;
    private static readonly string Address = SignInAttempts.KeyOf(IPAddress.Loopback);

    private readonly ManualTime _time = new();
    private readonly Node _a, _b;

    public RateBookTests() => (_a, _b) = (new Node(_time), new Node(_time));

    [Fact]
    public void Alone_a_minutes_requests_may_come_at_once_and_then_come_back_one_at_a_time()
    {
        Assert.Equal(60, Take(_a, 100));
        Assert.Equal(TimeSpan.FromSeconds(1), _a.Rates.TryTake(User, Name, 60));
        _time.Advance(TimeSpan.FromMilliseconds(400));
        Assert.Equal(TimeSpan.FromMilliseconds(600), _a.Rates.TryTake(User, Name, 60));
        _time.Advance(TimeSpan.FromMilliseconds(600));
        Assert.Equal(1, Take(_a, 100));
        Assert.Equal(60, _a.Rates.Used(User, Name));
        _time.Advance(TimeSpan.FromMinutes(5));
        Assert.Equal(60, Take(_a, 100));
    }

    [Fact]
    public void A_user_at_one_node_has_the_whole_limit_and_at_two_nodes_no_more_in_a_long_time()
    {
        Tell();
        Assert.Equal(60, Take(_a, 100));
        Tell();
        Assert.Equal(0, Take(_b, 100));
        Assert.Equal(60, _b.Rates.Used(User, Name));
        // Ten minutes at both nodes: 60 in each, and what one of them has in hand.
        var passed = 60;
        for (var second = 0; second < 600; second++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            passed += Take(_a, 2) + Take(_b, 2);
            Tell();
        }

        Assert.InRange(passed, 500, 680);
    }

    [Fact]
    public void Requests_that_run_at_another_node_for_a_second_count_among_those_at_a_time()
    {
        Tell();
        var held = _a.Rates.TryEnter(User, "requestsAtOnce", 2)!;
        Tell();
        // It may have ended before the other node hears of it.
        Assert.Equal(0, _b.Usage.OfOthers(SharedUsage.KeyOf("requestsAtOnce", User)));
        _time.Advance(TimeSpan.FromSeconds(1));
        Tell();
        using var second = _b.Rates.TryEnter(User, "requestsAtOnce", 2);
        Assert.NotNull(second);
        Assert.Null(_b.Rates.TryEnter(User, "requestsAtOnce", 2));
        held.Dispose();
        Tell();
        using var third = _b.Rates.TryEnter(User, "requestsAtOnce", 2);
        Assert.NotNull(third);
    }

    [Fact]
    public void Failed_sign_ins_at_two_nodes_delay_the_next_one_at_both()
    {
        Tell();
        for (var tries = 0; tries < 2; tries++)
        {
            _a.Attempts.Failed(Address);
            _b.Attempts.Failed(Address);
        }

        Assert.Null(_a.Attempts.Wait(Address));
        Tell();
        Assert.InRange(_a.Attempts.Wait(Address)!.Value, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(3));
        _time.Advance(TimeSpan.FromSeconds(4));
        Tell();
        Assert.Null(_b.Attempts.Wait(Address));
        _time.Advance(TimeSpan.FromMinutes(16));
        Tell();
        Assert.Equal(0, _b.Usage.OfOthers(SharedUsage.KeyOf("failures", "", Address)));
    }

    [Fact]
    public void A_new_password_is_mailed_once_although_it_is_asked_for_at_both_nodes()
    {
        Tell();
        Assert.True(_a.Resets.MayAsk("ann"));
        Tell();
        Assert.False(_b.Resets.MayAsk("ann"));
        Assert.True(_b.Resets.MayAsk("bob"));
        _time.Advance(TimeSpan.FromMinutes(6));
        Tell();
        Assert.True(_b.Resets.MayAsk("ann"));
    }

    private static int Take(Node node, int most)
    {
        var taken = 0;
        while (taken < most && node.Rates.TryTake(User, Name, 60) is null)
            taken++;
        return taken;
    }

    private void Tell()
    {
        var (a, b) = (_a.Usage.Report() ?? Nothing, _b.Usage.Report() ?? Nothing);
        _a.Usage.Hear([b]);
        _b.Usage.Hear([a]);
    }

    private static Dictionary<string, long> Nothing => [];

    private sealed class Node
    {
        public Node(TimeProvider time)
        {
            Rates = new RateBook(Usage, time);
            Attempts = new SignInAttempts(Usage, time);
            Resets = new PasswordResetThrottle(Usage, time);
        }

        public SharedUsage Usage { get; } = new();

        public RateBook Rates { get; }

        public SignInAttempts Attempts { get; }

        public PasswordResetThrottle Resets { get; }
    }
}
