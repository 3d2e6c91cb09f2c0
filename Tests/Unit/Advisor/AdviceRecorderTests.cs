using ChunkUpload.Core.Access;
using ChunkUpload.Core.Advisor;
using ChunkUpload.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace ChunkUpload.Tests.Unit.Advisor;

/// <summary>The saved history of advice, and what happens to it while the database is unavailable.</summary>
public sealed class AdviceRecorderTests : IDisposable
{
    private static readonly Caller Home = Caller.Operator with { Network = new ClientNetwork("192.0.2.0/24") };

    private readonly AdvisorOptions _options = new();
    private readonly NetworkBook _book;
    private readonly Memory _ledger = new();
    private readonly AdviceRecorder _recorder;

    public AdviceRecorderTests()
    {
        var time = new ManualTime();
        _book = new NetworkBook(Options.Create(_options), time);
        _recorder = new AdviceRecorder(_book, _ledger, Options.Create(_options), NullLogger<AdviceRecorder>.Instance);
    }

    public void Dispose() => _recorder.Dispose();

    [Fact]
    public async Task Steps_that_could_not_be_written_are_written_later_and_in_their_order()
    {
        for (var number = 1; number <= 1200; number++)
            _recorder.Add(Step(number));
        _ledger.FailsAfter = 1;
        await _recorder.FlushAsync(CancellationToken.None);
        Assert.Equal(500, _ledger.Steps.Count);
        _recorder.Add(Step(1201));
        await _recorder.FlushAsync(CancellationToken.None);
        Assert.Equal(500, _ledger.Steps.Count);

        _ledger.FailsAfter = int.MaxValue;
        await _recorder.FlushAsync(CancellationToken.None);
        Assert.Equal(Enumerable.Range(1, 1201), _ledger.Steps.Select(step => step.Number));
    }

    [Fact]
    public async Task Queue_is_bounded()
    {
        _ledger.FailsAfter = 0;
        for (var number = 1; number <= 30_000; number++)
        {
            _recorder.Add(Step(number));
            if (number % 1000 == 0)
                await _recorder.FlushAsync(CancellationToken.None);
        }

        _ledger.FailsAfter = int.MaxValue;
        await _recorder.FlushAsync(CancellationToken.None);
        Assert.Equal(20_500, _ledger.Steps.Count);
        Assert.Equal(Enumerable.Range(1, 20_500), _ledger.Steps.Select(step => step.Number));
    }

    [Fact]
    public async Task Advice_history_is_not_written_when_it_is_off()
    {
        _options.KeepHistory = false;
        await _recorder.StartAsync(CancellationToken.None);
        Use();
        await _recorder.FlushAsync(CancellationToken.None);
        await _recorder.StopAsync(CancellationToken.None);
        Assert.Equal((0, 0, 0), (_ledger.Steps.Count, _ledger.Networks.Count, _ledger.Reads));
    }

    [Fact]
    public async Task Outcome_of_the_last_advice_is_written_when_the_service_stops()
    {
        await _recorder.StartAsync(CancellationToken.None);
        Use();
        await _recorder.StopAsync(CancellationToken.None);
        Assert.Equal(("over", 1), (Assert.Single(_ledger.Steps).LimitedBy, _ledger.Steps[0].Succeeded));
        Assert.Equal("192.0.2.0/24", Assert.Single(_ledger.Networks).Key.Network);
    }

    [Fact]
    public async Task A_reader_waits_for_a_database_that_is_away_only_once()
    {
        _recorder.Add(Step(1));
        _ledger.FailsAfter = 0;
        await Assert.ThrowsAsync<LedgerUnavailableException>(() => _recorder.FlushForReaderAsync(CancellationToken.None));
    }

    [Fact]
    public async Task A_reader_does_not_wait_for_a_round_that_hangs()
    {
        _recorder.Add(Step(1));
        _ledger.Answers = new TaskCompletionSource();
        var round = _recorder.FlushAsync(CancellationToken.None);
        await _recorder.FlushForReaderAsync(CancellationToken.None).WaitAsync(Eventually.Limit);
        Assert.False(round.IsCompleted);
        _ledger.Answers.SetResult();
        await round;
        Assert.Single(_ledger.Steps);
    }

    private void Use()
    {
        var id = UploadId.New();
        using var body = _book.Open(id, Home);
        var link = _book.Find(id)!;
        _ = link.Step(link.Decide(new AdaptivePolicy(new AdviceLimits()), new AdviceQuestion(), null, out _), 10);
        body.Read(1000);
        body.End(NetworkOutcome.Ok, 1000, 0);
    }

    private static AdviceStep Step(int number) => new(UploadId.New(), number, default, 1, 1, "policy", null, null, null, 0, 0, 0);

    private sealed class Memory : IAdviceLedger
    {
        public List<AdviceStep> Steps { get; } = [];

        public List<KnownNetwork> Networks { get; } = [];

        public int Reads { get; private set; }

        public int FailsAfter { get; set; } = int.MaxValue;

        /// <summary>If not set, the answer comes at once.</summary>
        public TaskCompletionSource? Answers { get; set; }

        public async Task AddStepsAsync(IReadOnlyList<AdviceStep> steps, CancellationToken cancellationToken)
        {
            if (FailsAfter-- <= 0)
            {
                FailsAfter = 0;
                throw new LedgerUnavailableException("away");
            }

            if (Answers is { } answers)
                await answers.Task;
            Steps.AddRange(steps);
        }

        public Task SaveNetworksAsync(IReadOnlyList<KnownNetwork> networks, CancellationToken cancellationToken)
        {
            Networks.AddRange(networks);
            return Task.CompletedTask;
        }

        public Task<IReadOnlyList<KnownNetwork>> RecentNetworksAsync(TimeSpan within, int limit, CancellationToken cancellationToken)
        {
            Reads++;
            return Task.FromResult<IReadOnlyList<KnownNetwork>>([]);
        }

        public Task<IReadOnlyList<ListedStep>> StepsAsync(UploadId upload, long after, int limit, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public Task<IReadOnlyList<KnownNetwork>> LastNetworksAsync(
            IReadOnlyCollection<ActiveSubject> subjects, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<IReadOnlyList<ListedNetwork>> NetworksAsync(
            string tenant, long? before, int limit, CancellationToken cancellationToken) => throw new NotSupportedException();
    }
}
