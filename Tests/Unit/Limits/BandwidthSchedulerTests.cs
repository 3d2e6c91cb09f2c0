using ChunkUpload.Core.Access;
using ChunkUpload.Core.Limits;
using ChunkUpload.Tests.Support;
using ChunkUpload.Wire;

namespace ChunkUpload.Tests.Unit.Limits;

/// <summary>How a bandwidth is shared, on a clock that the test moves.</summary>
public sealed class BandwidthSchedulerTests : IDisposable
{
    private const long M = 1 << 20;

    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(10);

    private readonly ManualTime _time = new();
    private readonly Dictionary<LimitTarget, string> _limits = [];
    private readonly BandwidthScheduler _scheduler;
    private readonly List<Sender> _senders = [];

    public BandwidthSchedulerTests() => _scheduler = new(_time, Limits, () => _time.GetUtcNow().DateTime);

    public void Dispose()
    {
        _senders.ForEach(sender => sender.Dispose());
        _scheduler.Dispose();
    }

    [Theory]
    [InlineData("64k", 16 << 10)]
    [InlineData("20M", 64 << 10)]
    [InlineData("20M", 1 << 20)]
    [InlineData("1G", 1 << 20)]
    public void One_flow_gets_the_bandwidth_and_not_more(string rate, int batch)
    {
        Limit(LimitTarget.Service, rate);
        var one = Send("a", batch: batch);
        Run(10);
        _ = BandwidthRate.TryParse(rate, out var most);
        AssertNear(10 * most!.Value, one.Passed, slack: 2 * batch);
    }

    [Fact]
    public void Without_a_limit_nothing_waits()
    {
        var one = Send("a");
        Assert.True(one.Turn(1000));
        Assert.Equal(1000 * one.Batch, one.Passed);
    }

    [Fact]
    public void Flows_of_the_same_priority_get_the_same()
    {
        Limit(LimitTarget.Service, "20M");
        var all = Enumerable.Range(0, 5).Select(number => Send($"u{number}", batch: number % 2 == 0 ? 256 << 10 : 64 << 10)).ToList();
        Run(10);
        AssertNear(200 * M, all.Sum(one => one.Passed), 5 * M);
        Assert.All(all, one => AssertNear(40 * M, one.Passed, 4 * M));
    }

    [Fact]
    public void Priorities_weigh_and_none_starves()
    {
        Limit(LimitTarget.Service, "21M");
        var (low, normal, high) = (Send("a", BandwidthPriority.Low), Send("b"), Send("c", BandwidthPriority.High));
        Run(20);
        AssertNear(20 * M, low.Passed, 4 * M);
        AssertNear(80 * M, normal.Passed, 8 * M);
        AssertNear(320 * M, high.Passed, 20 * M);
        _scheduler.SetPriority(Topic.Of(high.Upload), BandwidthPriority.Normal);
        var before = (normal.Passed, high.Passed);
        Run(10);
        AssertNear(high.Passed - before.Item2, normal.Passed - before.Item1, 5 * M);
    }

    [Fact]
    public void More_connections_of_one_upload_get_no_larger_part()
    {
        Limit(LimitTarget.Service, "20M");
        var upload = UploadId.New();
        var many = Enumerable.Range(0, 8).Select(_ => Send("a", upload: upload)).ToList();
        var one = Send("b");
        Run(10);
        AssertNear(100 * M, one.Passed, 10 * M);
        AssertNear(100 * M, many.Sum(sender => sender.Passed), 15 * M);
    }

    [Fact]
    public void Bandwidth_beyond_one_tenants_limit_goes_to_the_others()
    {
        Limit(LimitTarget.Service, "20M");
        Limit(LimitTarget.OfTenant("small"), "2M");
        Limit(LimitTarget.OfSubject("big", "user:slow")!, "3M");
        var (small, slow, fast) = (Send("x", tenant: "small"), Send("user:slow", tenant: "big"), Send("user:fast", tenant: "big"));
        Run(10);
        AssertNear(20 * M, small.Passed, 2 * M);
        AssertNear(30 * M, slow.Passed, 2 * M);
        AssertNear(150 * M, fast.Passed, 8 * M);
    }

    [Fact]
    public void A_change_holds_for_running_flows_at_once()
    {
        Limit(LimitTarget.Service, "100M");
        var one = Send("a");
        Run(2);
        Limit(LimitTarget.Service, "1M");
        Run(1);
        var before = one.Passed;
        Run(10);
        AssertNear(10 * M, one.Passed - before, 2 * M);
        before = one.Passed;
        Limit(LimitTarget.Service, "50M");
        Run(2);
        Assert.InRange(one.Passed - before, 60 * M, 110 * M);
        _limits.Clear();
        _scheduler.Changed();
        Run(1);
        Assert.True(one.Turn(1000));
    }

    [Fact]
    public void A_timetable_turns_while_a_flow_runs()
    {
        Limit(LimitTarget.Service, "00:00,1M 00:01,10M 00:02,off");
        var one = Send("a");
        Run(60);
        AssertNear(60 * M, one.Passed, 2 * M);
        var before = one.Passed;
        Run(60);
        AssertNear(600 * M, one.Passed - before, 10 * M);
        Run(1);
        Assert.True(one.Turn(1000));
    }

    [Fact]
    public void Small_uploads_one_after_another_are_limited_too()
    {
        Limit(LimitTarget.Service, "1M");
        long passed = 0;
        var senders = Enumerable.Range(0, 4).Select(_ => Send("a", batch: 100_000)).ToList();
        for (var step = 0; step < 1000; step++)
        {
            for (var i = 0; i < senders.Count; i++)
            {
                _ = senders[i].Turn(1);
                if (senders[i].Passed == 0)
                    continue;
                passed += 100_000;
                senders[i].Dispose();
                senders[i] = Send("a", batch: 100_000);
            }

            _time.Advance(Step);
        }

        AssertNear(10 * M, passed, M);
    }

    [Fact]
    public async Task A_request_that_waits_is_asked_several_times_a_second_to_look_around()
    {
        Limit(LimitTarget.Service, "8k");
        var share = _scheduler.Begin(new Caller("default", "a"), Topic.Of(UploadId.New()), BandwidthPriority.Normal);
        Assert.True(await share.WaitAsync());
        share.Passed(M);
        var waiting = share.WaitAsync().AsTask();
        _time.Advance(TimeSpan.FromMilliseconds(100));
        Assert.False(waiting.IsCompleted);
        _time.Advance(TimeSpan.FromMilliseconds(200));
        Assert.False(await waiting);
        share.Dispose();
    }

    private IEnumerable<(LimitTarget Target, BandwidthTimetable Timetable)> Limits(BandwidthFlow flow)
    {
        foreach (var target in new[]
        {
            LimitTarget.Service, LimitTarget.OfTenant(flow.Caller.Tenant), LimitTarget.OfSubject(flow.Caller.Tenant, flow.Caller.Subject),
        })
        {
            if (target is not null && _limits.TryGetValue(target, out var text))
                yield return (target, BandwidthTimetable.Parse(text, out _)!);
        }
    }

    private void Limit(LimitTarget target, string text)
    {
        _limits[target] = text;
        _scheduler.Changed();
    }

    private Sender Send(
        string subject, BandwidthPriority priority = BandwidthPriority.Normal, string tenant = "default", UploadId? upload = null,
        int batch = 256 << 10)
    {
        var id = upload ?? UploadId.New();
        var sender = new Sender(_scheduler.Begin(new Caller(tenant, subject), Topic.Of(id), priority), id, batch);
        _senders.Add(sender);
        return sender;
    }

    private void Run(double seconds)
    {
        for (var step = 0; step < seconds * 100; step++)
        {
            foreach (var sender in _senders)
                _ = sender.Turn(1000);
            _time.Advance(Step);
        }
    }

    private static void AssertNear(long expected, long actual, long slack) =>
        Assert.InRange(actual, expected - slack - (expected / 20), expected + slack + (expected / 20));

    /// <summary>A client that is always faster than its share.</summary>
    private sealed class Sender(IBandwidthShare share, UploadId upload, int batch) : IDisposable
    {
        private Task<bool>? _waiting;
        private bool _ended;

        public UploadId Upload => upload;

        public int Batch => batch;

        public long Passed { get; private set; }

        /// <returns>Whether this many batches passed without a wait.</returns>
        public bool Turn(int batches)
        {
            for (var count = 0; count < batches && !_ended; count++)
            {
                _waiting ??= share.WaitAsync().AsTask();
                if (!_waiting.IsCompleted)
                    return false;
                var ready = _waiting.Result;
                _waiting = null;
                if (!ready)
                    continue;
                share.Passed(batch);
                Passed += batch;
            }

            return !_ended;
        }

        public void Dispose()
        {
            if (_ended)
                return;
            _ended = true;
            share.Dispose();
        }
    }
}
