using ChunkUpload.Core.Access;
using ChunkUpload.Core.Limits;
using ChunkUpload.Tests.Support;
using ChunkUpload.Wire;
using Microsoft.Extensions.Options;

namespace ChunkUpload.Tests.Unit.Limits;

/// <summary>Which limits the limiter finds, and on which clock their timetables go.</summary>
public sealed class BandwidthLimiterTests
{
    private const long M = 1 << 20;

    private readonly ManualTime _time = new();
    private readonly FakeLimitLedger _ledger = new();
    private readonly SharedUsage _usage = new();
    private readonly LimitBook _book;

    public BandwidthLimiterTests() => _book = new(_ledger);

    [Fact]
    public async Task Is_idle_until_a_bandwidth_is_set_and_again_afterwards()
    {
        using var limiter = Limiter(new());
        Assert.False(limiter.IsActive);
        _ledger.Rows[LimitTarget.OfTenant("t")] = new() { Files = 5 };
        await _book.LoadAsync(default);
        Assert.False(limiter.IsActive);
        _ledger.Rows[LimitTarget.OfTenant("t")] = new() { SendBandwidth = BandwidthTimetable.Parse("1M", out _) };
        await _book.LoadAsync(default);
        Assert.True(limiter.IsActive);
        _ledger.Rows.Clear();
        await _book.LoadAsync(default);
        Assert.False(limiter.IsActive);
    }

    // Berlin's clocks go from 02:00 to 03:00 on 2026-03-29, and from 03:00 back to 02:00 on 2026-10-25.
    [Theory]
    [InlineData("2026-03-28T00:59:00Z", null)]
    [InlineData("2026-03-28T01:30:00Z", 1 * M)]
    [InlineData("2026-03-29T00:59:00Z", null)]
    [InlineData("2026-03-29T01:00:00Z", 1 * M)]
    [InlineData("2026-10-25T00:29:00Z", null)]
    [InlineData("2026-10-25T00:30:00Z", 1 * M)]
    [InlineData("2026-10-25T01:00:00Z", null)]
    [InlineData("2026-10-25T01:30:00Z", 1 * M)]
    [InlineData("2026-10-25T21:59:00Z", 1 * M)]
    [InlineData("2026-10-25T22:00:00Z", 2 * M)]
    [InlineData("2026-10-25T23:00:00Z", null)]
    public void Timetables_follow_the_clocks_of_their_zone(string utc, long? rate)
    {
        _time.Jump(DateTimeOffset.Parse(utc, System.Globalization.CultureInfo.InvariantCulture) - _time.GetUtcNow());
        using var limiter = Limiter(new() { ReceiveBandwidth = "02:30,1M 23:00,2M 00:00,off", TimeZone = "Europe/Berlin" });
        var (target, _, now) = Assert.Single(limiter.InForce(FlowDirection.Receive, []));
        Assert.Equal((LimitTarget.Service, rate), (target, now));
        Assert.Empty(limiter.InForce(FlowDirection.Send, []));
    }

    [Fact]
    public async Task Each_upload_has_its_own_limit_and_a_tenants_limit_is_shared()
    {
        _ledger.Rows[LimitTarget.DefaultOf(LimitScope.Upload)] = new() { ReceiveBandwidth = BandwidthTimetable.Parse("64k", out _) };
        _ledger.Rows[LimitTarget.DefaultOf(LimitScope.Tenant)] = new() { ReceiveBandwidth = BandwidthTimetable.Parse("96k", out _) };
        await _book.LoadAsync(default);
        using var limiter = Limiter(new());
        var found = _book.OfFlow(new Caller("t", "user:u"), Topic.Of(UploadId.New())).Select(row => row.Target.Scope);
        Assert.Equal([LimitScope.Tenant, LimitScope.Upload], found);
        // What is no upload has the limits of its caller only.
        var other = _book.OfFlow(new Caller("t", "user:u"), new Topic("transfer", "1")).Select(row => row.Target.Scope);
        Assert.Equal([LimitScope.Tenant], other);
        // A request passes its first batch at once; the next one waits for the upload's own limit.
        var (one, two) = (Begin(), Begin());
        foreach (var share in new[] { one, two })
        {
            Assert.True(await share.WaitAsync());
            share.Passed(M);
            var waiting = share.WaitAsync().AsTask();
            Assert.False(waiting.IsCompleted);
        }

        one.Dispose();
        two.Dispose();

        IBandwidthShare Begin() =>
            limiter.Begin(new Flow(
                FlowDirection.Receive, new Caller($"t{Guid.NewGuid():n}", "user:u"), Topic.Of(UploadId.New()), BandwidthPriority.Normal));
    }

    [Fact]
    public void A_fault_in_the_settings_is_told_in_a_sentence()
    {
        var options = new LimitsOptions { ReceiveBandwidth = "25:00,1M", SendBandwidth = "fast", TimeZone = "Europe/Atlantis" };
        var faults = options.Validate(new(options)).Select(fault => fault.ErrorMessage!).ToList();
        Assert.Equal(3, faults.Count);
        Assert.StartsWith("\"25:00\" is not a time", faults[0], StringComparison.Ordinal);
        Assert.StartsWith("\"fast\" is not a bandwidth", faults[1], StringComparison.Ordinal);
        Assert.StartsWith("\"Europe/Atlantis\" is not a time zone", faults[2], StringComparison.Ordinal);
        Assert.Empty(new LimitsOptions().Validate(new(new LimitsOptions())));
    }

    [Fact]
    public async Task Nodes_that_use_a_limit_share_it_and_one_alone_has_all_of_it()
    {
        _ledger.Rows[LimitTarget.OfTenant("t")] = new() { ReceiveBandwidth = BandwidthTimetable.Parse("1M", out _) };
        await _book.LoadAsync(default);
        using var limiter = Limiter(new());
        using var share = limiter.Begin(new Flow(
            FlowDirection.Receive, new Caller("t", "user:u"), new Topic("transfer", "1"), BandwidthPriority.Normal));
        _usage.Hear([new Dictionary<string, long>()]);
        Assert.InRange(await PassedAsync(share), 0.97 * M, 1.25 * M);
        // It has used all that it had, and would use more.
        var (key, told) = Assert.Single(_usage.Report()!);
        Assert.InRange(~told, 0.75 * M, 1.25 * M);

        _usage.Hear([new Dictionary<string, long> { [key] = ~M }]);
        Assert.InRange(await PassedAsync(share), 0.45 * M, 0.6 * M);
        Assert.InRange(limiter.Measured(FlowDirection.Receive, LimitTarget.OfTenant("t")), 1.4 * M, 1.7 * M);
    }

    /// <summary>The bytes that pass in a second, after one in which the rate settles.</summary>
    private async Task<long> PassedAsync(IBandwidthShare share)
    {
        const int batch = 8 << 10;
        long passed = 0;
        var wait = share.WaitAsync().AsTask();
        for (var ticks = 0; ticks < 200; ticks++)
        {
            passed = ticks == 100 ? 0 : passed;
            while (wait.IsCompleted)
            {
                if (await wait)
                {
                    share.Passed(batch);
                    passed += batch;
                }

                wait = share.WaitAsync().AsTask();
            }

            _time.Advance(TimeSpan.FromMilliseconds(10));
        }

        return passed;
    }

    private BandwidthLimiter Limiter(LimitsOptions options) => new(_book, Options.Create(options), _usage, _time);
}
