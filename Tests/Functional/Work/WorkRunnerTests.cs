using System.Threading.Channels;
using ChunkUpload.Core.Hosting;
using ChunkUpload.Core.Storage;
using ChunkUpload.Core.Work;
using ChunkUpload.Infrastructure.Work;
using ChunkUpload.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace ChunkUpload.Tests.Functional.Work;

/// <summary>The loop that works on what is due, with a kind of work of the test's own.</summary>
public sealed class WorkRunnerTests(LedgerFixture fixture) : IClassFixture<LedgerFixture>, IAsyncLifetime, IDisposable
{
    private static readonly CancellationToken None = CancellationToken.None;

    private readonly Kind _kind = new();
    private PostgresWorkLedger _ledger = null!;
    private WorkQueue _queue = null!;
    private WorkRunner _runner = null!;

    public async Task InitializeAsync()
    {
        await fixture.EmptyAsync();
        await StartAsync(TimeProvider.System);
    }

    public async Task DisposeAsync()
    {
        await _runner.StopAsync(None);
        Dispose();
        await fixture.CloseAsync();
    }

    public void Dispose() => _runner.Dispose();

    [Fact]
    public async Task An_added_item_is_worked_on_and_vanishes()
    {
        var reference = await AddAsync();
        (await BegunAsync(reference)).End(WorkOutcome.Done);
        await VanishedAsync();
    }

    [Fact]
    public async Task No_more_items_run_at_once_than_the_kind_allows()
    {
        await _ledger.AddAsync([.. Enumerable.Range(0, 5).Select(_ => new NewWork(Kind.Word, Guid.NewGuid()))], None);
        var (first, second) = (await BegunAsync(), await BegunAsync());
        Assert.False(_kind.Begun.TryRead(out _));

        first.End(WorkOutcome.Done);
        var third = await BegunAsync();
        Assert.Equal(2, _kind.Running);

        second.End(WorkOutcome.Done);
        third.End(WorkOutcome.Done);
        (await BegunAsync()).End(WorkOutcome.Done);
        (await BegunAsync()).End(WorkOutcome.Done);
        await VanishedAsync();
    }

    [Fact]
    public async Task A_failed_attempt_and_an_exception_are_repeated_and_counted()
    {
        var reference = await AddAsync();
        (await BegunAsync(reference)).End(WorkOutcome.Failed);
        (await BegunAsync(reference)).Fail(new InvalidOperationException("It breaks."));
        var third = await BegunAsync(reference);
        Assert.Equal(2, third.Lease.Failures);
        third.End(WorkOutcome.Failed);
        var fourth = await BegunAsync(reference);
        Assert.Equal(3, fourth.Lease.Failures);
        fourth.End(WorkOutcome.Done);
        await VanishedAsync();
    }

    [Fact]
    public async Task What_waits_for_a_ledger_that_is_away_is_no_failed_attempt()
    {
        var reference = await AddAsync();
        (await BegunAsync(reference)).Fail(new LedgerUnavailableException("It is away."));
        var second = await BegunAsync(reference);
        Assert.Equal(0, second.Lease.Failures);
        second.End(WorkOutcome.Done);
        await VanishedAsync();
    }

    [Fact]
    public async Task A_stop_gives_the_items_back_and_the_next_start_takes_them_up()
    {
        var reference = await AddAsync();
        var begun = await BegunAsync(reference);

        await _runner.StopAsync(None);

        Assert.True(begun.Lease.Stopping.IsCancellationRequested);
        Assert.Equal("ready", await fixture.AskAsync<string>("select state from work where attempts = 0"));
        _runner.Dispose();
        await StartAsync(TimeProvider.System);
        (await BegunAsync(reference)).End(WorkOutcome.Done);
        await VanishedAsync();
    }

    [Fact]
    public async Task After_a_kill_the_next_start_takes_up_what_was_worked_on()
    {
        var reference = Guid.NewGuid();
        var killed = fixture.OpenWork(await BeginAsync());
        await killed.AddAsync([new NewWork(Kind.Word, reference)], None);
        // The first process is fenced now, so only the killed one can have it.
        var item = Assert.Single(await killed.ClaimAsync([new WorkWanted(Kind.Word, TimeSpan.FromHours(1), 1)], None));

        await _runner.StopAsync(None);
        _runner.Dispose();
        await StartAsync(TimeProvider.System);

        var begun = await BegunAsync(reference);
        Assert.Equal((0, 2L), (begun.Lease.Failures, begun.Lease.Item.Lease.Epoch));
        Assert.False(await killed.EndAsync(item, null, isFailure: false, None));
        begun.End(WorkOutcome.Done);
        await VanishedAsync();
    }

    [Fact]
    public async Task A_worker_without_progress_loses_its_lease_and_one_with_progress_keeps_it()
    {
        var time = await RestartAsync();
        var (silent, busy) = (await AddAsync(), await AddAsync());
        var begun = new[] { await BegunAsync(), await BegunAsync() }.ToDictionary(one => one.Lease.Reference);

        for (var i = 0; i < 12; i++)
        {
            begun[busy].Lease.Progress();
            time.Advance(Kind.Length / 10);
        }

        await Eventually.HoldsAsync(() => Task.FromResult(begun[silent].Lease.IsLost));
        Assert.True(begun[silent].Lease.Token.IsCancellationRequested);
        Assert.False(begun[busy].Lease.Token.IsCancellationRequested);
        begun[busy].End(WorkOutcome.Done);
        await Eventually.HoldsAsync(async () => await fixture.AskAsync<int>("select count(*) from work") == 1);
    }

    [Fact]
    public async Task A_withdrawn_item_ends_its_worker()
    {
        var reference = await AddAsync();
        var begun = await BegunAsync(reference);

        Assert.Equal([reference], await _ledger.WithdrawAsync(Kind.Word, [reference], None));
        _queue.Cancel(Kind.Word, [reference]);

        Assert.True(begun.Lease.Token.IsCancellationRequested);
        Assert.False(begun.Lease.Stopping.IsCancellationRequested);
        await VanishedAsync();
    }

    [Fact]
    public async Task A_key_that_ends_its_pause_lets_its_items_run_at_once()
    {
        await _ledger.SetKeyAsync("key", new WorkKeyChange(Paused: true), None);
        var reference = Guid.NewGuid();
        await _ledger.AddAsync([new NewWork(Kind.Word, reference) { Keys = ["key"] }], None);
        var other = await AddAsync();
        (await BegunAsync(other)).End(WorkOutcome.Done);

        await _ledger.SetKeyAsync("key", new WorkKeyChange(Paused: false), None);
        _queue.Wake();

        (await BegunAsync(reference)).End(WorkOutcome.Done);
        await VanishedAsync();
    }

    private async Task StartAsync(TimeProvider time)
    {
        _ledger = fixture.OpenWork(await BeginAsync());
        _queue = new WorkQueue();
        _runner = new WorkRunner(_ledger, _queue, [_kind], new NodeDrain(), time, NullLogger<WorkRunner>.Instance);
        await _runner.StartAsync(None);
    }

    private async Task<ManualTime> RestartAsync()
    {
        await _runner.StopAsync(None);
        _runner.Dispose();
        var time = new ManualTime();
        await StartAsync(time);
        return time;
    }

    private async Task<Incarnation> BeginAsync()
    {
        var incarnation = new Incarnation();
        await fixture.Open(incarnation).BeginIncarnationAsync(
            TestNode.Begun(new Guid("6a5f1c0e-0001-4000-8000-000000000001"), "boot-1", Durability.Committed), None);
        return incarnation;
    }

    private async Task<Guid> AddAsync()
    {
        var reference = Guid.NewGuid();
        await _ledger.AddAsync([new NewWork(Kind.Word, reference)], None);
        _queue.Wake();
        return reference;
    }

    private async Task<Attempt> BegunAsync(Guid? reference = null)
    {
        using var deadline = new CancellationTokenSource(Eventually.Limit);
        var begun = await _kind.Begun.ReadAsync(deadline.Token);
        if (reference is { } expected)
            Assert.Equal(expected, begun.Lease.Reference);
        return begun;
    }

    private Task VanishedAsync() => Eventually.HoldsAsync(async () => await fixture.AskAsync<int>("select count(*) from work") == 0);

    /// <summary>A kind whose items wait until the test says how each attempt ends.</summary>
    private sealed class Kind : IWorkKind
    {
        public const string Word = "test";

        public static readonly TimeSpan Length = TimeSpan.FromMinutes(10);

        private readonly Channel<Attempt> _begun = Channel.CreateUnbounded<Attempt>();
        private int _running;

        public string Name => Word;

        public int AtOnce => 2;

        public TimeSpan Lease => Length;

        public WorkBackoff Backoff => new(TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(1));

        public ChannelReader<Attempt> Begun => _begun.Reader;

        public int Running => Volatile.Read(ref _running);

        public async Task<WorkOutcome> WorkAsync(WorkLease lease)
        {
            Interlocked.Increment(ref _running);
            try
            {
                var attempt = new Attempt(lease);
                await _begun.Writer.WriteAsync(attempt);
                return await attempt.Outcome.WaitAsync(lease.Token);
            }
            finally
            {
                Interlocked.Decrement(ref _running);
            }
        }
    }

    private sealed class Attempt(WorkLease lease)
    {
        private readonly TaskCompletionSource<WorkOutcome> _outcome = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public WorkLease Lease => lease;

        public Task<WorkOutcome> Outcome => _outcome.Task;

        public void End(WorkOutcome outcome) => _outcome.SetResult(outcome);

        public void Fail(Exception reason) => _outcome.SetException(reason);
    }
}
