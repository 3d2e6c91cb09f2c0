using ChunkUpload.Core.Access;
using ChunkUpload.Core.Limits;
using ChunkUpload.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace ChunkUpload.Tests.Unit.Limits;

/// <summary>The bytes of a day: counted, reserved, saved, and forgotten at midnight (UTC).</summary>
public sealed class DayBookTests : IDisposable
{
    private static readonly Caller User = new("t", "user:u");
    private static readonly LimitTarget OfUser = LimitTarget.OfSubject("t", "user:u")!;

    private readonly ManualTime _time = new();
    private readonly FakeLimitLedger _limits = new();
    private readonly FakeDayLedger _ledger = new();
    private readonly SharedUsage _usage = new();
    private readonly LimitBook _book;
    private readonly DayBook _days;

    public DayBookTests()
    {
        _book = new LimitBook(_limits);
        _days = new DayBook(_book, _ledger, _usage, _time, NullLogger<DayBook>.Instance);
        _days.StartAsync(default).GetAwaiter().GetResult();
    }

    public void Dispose() => _days.Dispose();

    [Fact]
    public async Task Requests_at_the_same_time_do_not_exceed_a_limit_together()
    {
        await LimitAsync(new() { ReceivedPerDay = 100 });
        var first = Begin(60, out _);
        Begin(41, out var excess).Dispose();
        Assert.Equal(new QuotaExcess("user", "receivedPerDay", 100, 60), excess);
        using var second = Begin(40, out excess);
        Assert.Null(excess);
        // What a request announced and did not send is free again when it ends.
        first.Passed(10);
        Assert.Equal(100, _days.Used(OfUser, FlowDirection.Receive));
        first.Dispose();
        Assert.Equal(50, _days.Used(OfUser, FlowDirection.Receive));
        using var third = Begin(50, out excess);
        Assert.Null(excess);
        // Other users, and the other direction, are counted separately.
        _days.Begin(User with { Subject = "user:v" }, FlowDirection.Receive, 100, out excess).Dispose();
        Assert.Null(excess);
        _days.Begin(User, FlowDirection.Send, 1000, out excess).Dispose();
        Assert.Null(excess);
    }

    [Fact]
    public async Task A_tenants_limit_holds_for_all_of_it()
    {
        _limits.Rows[LimitTarget.OfTenant("t")] = new() { SentPerDay = 100 };
        await _book.LoadAsync(default);
        _days.Begin(User, FlowDirection.Send, 60, out _).Passed(60);
        _days.Begin(User with { Subject = "link:l" }, FlowDirection.Send, 50, out var excess).Dispose();
        Assert.Equal(new QuotaExcess("tenant", "sentPerDay", 100, 60), excess);
        Assert.Contains(
            "may download 100 bytes a day (UTC) and has 60 bytes today", excess!.ToFailure(null).Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Counts_are_added_to_the_ledger_and_those_of_other_processes_hold_too()
    {
        await LimitAsync(new() { ReceivedPerDay = 100 });
        using var share = Begin(20, out _);
        share.Passed(20);
        await _days.SaveAsync();
        Assert.Equal([new(Day(1), "t", "", 20, 0), new(Day(1), "t", "user:u", 20, 0)], _ledger.Sums);
        _ledger.Add(new DayUsage(Day(1), "t", "user:u", 70, 0));
        share.Passed(5);
        await _days.SaveAsync();
        Begin(6, out var excess).Dispose();
        Assert.Equal(95, excess!.Used);
        // Without new bytes no statement is sent.
        var statements = _ledger.Statements;
        await _days.SaveAsync();
        Assert.Equal(statements, _ledger.Statements);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Bytes_whose_saving_was_not_confirmed_count_once(bool committed)
    {
        using var share = Begin(20, out _);
        share.Passed(20);
        (_ledger.Fails, _ledger.LosesReply) = (!committed, committed);
        await _days.SaveAsync();
        Assert.Equal(20, _days.Used(OfUser, FlowDirection.Receive));
        share.Passed(1);
        (_ledger.Fails, _ledger.LosesReply) = (false, false);
        await _days.SaveAsync();
        Assert.Equal(21, _ledger.Sums.Single(sum => sum.Subject == "user:u").Received);
        Assert.Equal(21, _days.Used(OfUser, FlowDirection.Receive));
    }

    [Fact]
    public async Task At_midnight_a_new_day_begins_and_the_old_one_keeps_its_bytes()
    {
        await LimitAsync(new() { ReceivedPerDay = 100 });
        using var running = Begin(90, out _);
        running.Passed(80);
        _time.Jump(TimeSpan.FromDays(1));
        running.Passed(10);
        Assert.Equal(10, _days.Used(OfUser, FlowDirection.Receive));
        await _days.SaveAsync();
        var ofUser = _ledger.Sums.Where(sum => sum.Subject.Length > 0).Select(sum => (sum.Day, sum.Received));
        Assert.Equal([(Day(1), 80L), (Day(2), 10L)], ofUser);
        Begin(91, out var excess).Dispose();
        Assert.Equal(10, excess!.Used);
    }

    [Fact]
    public async Task A_restart_goes_on_with_the_days_bytes()
    {
        await LimitAsync(new() { ReceivedPerDay = 100 });
        _ledger.Add(new DayUsage(Day(1), "t", "user:u", 70, 0));
        using var again = new DayBook(_book, _ledger, _usage, _time, NullLogger<DayBook>.Instance);
        await again.StartAsync(default);
        again.Begin(User, FlowDirection.Receive, 31, out var excess).Dispose();
        Assert.Equal(70, excess!.Used);
        await again.StopAsync(default);
    }

    [Fact]
    public async Task What_other_nodes_have_counted_and_reserved_counts_here_too()
    {
        await LimitAsync(new() { ReceivedPerDay = 100 });
        _ledger.Add(new DayUsage(Day(1), "t", "user:u", 30, 0));
        await _days.ReadAsync(default);
        Assert.Equal(30, _days.Used(OfUser, FlowDirection.Receive));
        // This node tells what it has reserved, under the key by which it hears of others.
        _usage.Hear([new Dictionary<string, long>()]);
        using (Begin(25, out _))
        {
            var told = _usage.Report()!;
            Assert.Equal([25, 25], told.Values);
            _usage.Hear([told]);
        }

        Assert.Equal(55, _days.Used(OfUser, FlowDirection.Receive));
        Begin(46, out var excess).Dispose();
        Assert.Equal(55, excess!.Used);
        Begin(45, out excess).Dispose();
        Assert.Null(excess);
    }

    [Fact]
    public async Task Other_nodes_are_heard_after_a_time_in_which_nothing_was_recorded()
    {
        await LimitAsync(new() { ReceivedPerDay = 100 });
        await _days.ReadAsync(default);
        await _days.ReadAsync(default);
        _ledger.Add(new DayUsage(Day(1), "t", "user:u", 30, 0));
        await _days.ReadAsync(default);
        Assert.Equal(30, _days.Used(OfUser, FlowDirection.Receive));
    }

    private static DateOnly Day(int day) => new(2026, 1, day);

    private DayShare Begin(long bytes, out QuotaExcess? excess) => _days.Begin(User, FlowDirection.Receive, bytes, out excess);

    private Task LimitAsync(LimitValues values)
    {
        _limits.Rows[OfUser] = values;
        return _book.LoadAsync(default);
    }

    private sealed class FakeDayLedger : IDayLedger
    {
        private readonly Dictionary<(DateOnly, string, string), DayUsage> _sums = [];
        private Guid _last;

        public IEnumerable<DayUsage> Sums => _sums.Values.OrderBy(sum => sum.Day).ThenBy(sum => sum.Subject, StringComparer.Ordinal);

        public bool Fails { get; set; }

        public bool LosesReply { get; set; }

        public int Statements { get; private set; }

        public DayUsage Add(DayUsage change)
        {
            var key = (change.Day, change.Tenant, change.Subject);
            var old = _sums.GetValueOrDefault(key);
            return _sums[key] = change with { Received = old.Received + change.Received, Sent = old.Sent + change.Sent };
        }

        public Task<IReadOnlyList<DayUsage>> OfDayAsync(DateOnly day, DateTimeOffset? since, CancellationToken cancellationToken) =>
            Task.FromResult<IReadOnlyList<DayUsage>>([.. _sums.Values.Where(sum => sum.Day == day)]);

        public Task<IReadOnlyList<DayUsage>> AddAsync(DayBatch batch, CancellationToken cancellationToken)
        {
            Statements++;
            if (Fails)
                return Away();
            List<DayUsage> sums = [.. batch.Changes.Select(one => Add(batch.Id == _last ? one with { Received = 0, Sent = 0 } : one))];
            _last = batch.Id;
            return LosesReply ? Away() : Task.FromResult<IReadOnlyList<DayUsage>>(sums);
        }

        private static Task<IReadOnlyList<DayUsage>> Away() =>
            Task.FromException<IReadOnlyList<DayUsage>>(new IOException("The database is away."));
    }
}
