using System.Collections.Concurrent;
using ChunkUpload.Agent;
using ChunkUpload.Client;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Unit.Client;

/// <summary>The queue on the disk, its order, and what the agent decides to run.</summary>
public sealed class AgentQueueTests : IDisposable
{
    private readonly ManualTime _time = new();
    private readonly TempFolder _folder = new();
    private readonly List<string> _faults = [];
    private readonly Recorder _work = new();
    private readonly List<(long Id, Outcome Outcome)> _ended = [];
    private readonly AgentQueue _queue;
    private readonly AgentRunner _runner;

    public AgentQueueTests()
    {
        _queue = Open();
        _runner = new AgentRunner(
            _queue, _work, new Network(() => Task.FromResult<bool?>(false), _time), new BandwidthLimit(_time), _time,
            (entry, outcome) =>
            {
                lock (_ended)
                    _ended.Add((entry.Id, outcome));
            });
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void What_was_acknowledged_is_there_for_the_next_agent()
    {
        Add("a", "b");
        _ = _queue.Change([2], entry => entry with { State = EntryState.Paused });
        _queue.Limit(5, "1M");
        _queue.Override(7, "2M");
        Assert.Equal((7, "2M"), (_queue.Settings.AtOnce, _queue.Settings.Bandwidth));
        _queue.Remove(1);
        var next = Open();
        var entry = Assert.Single(next.Entries);
        Assert.Equal((2, EntryState.Paused, "/b"), (entry.Id, entry.State, entry.Work.Local));
        Assert.Equal((5, "1M"), (next.Settings.AtOnce, next.Settings.Bandwidth));
        next.Override(7, "2M");
        next.Limit(null, "off");
        Assert.Equal((7, null), (next.Settings.AtOnce, next.Settings.Bandwidth));
        // No number is given twice.
        Assert.Equal(3, next.Add([(Work("c"), new Plan())])[0].Entry.Id);
        if (!OperatingSystem.IsWindows())
        {
            Assert.All(
                Directory.GetFiles(_folder["queue"]),
                file => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file)));
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("null")]
    [InlineData("{\"version\":2}")]
    [InlineData("{\"version\":1,\"id\":2,\"rank\":0,\"work\":null,\"plan\":{},\"addedAt\":\"2026-01-01T00:00:00Z\"}")]
    public void A_file_that_cannot_be_understood_is_set_aside(string text)
    {
        Add("a");
        File.WriteAllText(_folder["queue", "000000000002.json"], text);
        File.WriteAllText(_folder["queue", "000000000003.json.new"], "half");
        Assert.Equal([1L], Open().Entries.Select(entry => entry.Id));
        Assert.Single(_faults);
        Assert.True(File.Exists(_folder["queue", "000000000002.json.bad"]));
        Assert.False(File.Exists(_folder["queue", "000000000003.json.new"]));
    }

    [Fact]
    public void No_file_whatever_is_in_it_keeps_the_agent_from_starting()
    {
        _ = _queue.Add([(Work("a"), new Plan { Every = "6h", Between = "22:00-06:00", Bandwidth = "08:00,1M 20:00,off" })]);
        var path = _folder["queue", "000000000001.json"];
        var good = File.ReadAllBytes(path);
        const string Signs = "0129,:-{}[]\"nulltrue";
        var random = new Random(11);
        for (var time = 0; time < 300; time++)
        {
            var bytes = good.ToArray();
            for (var change = random.Next(1, 4); change > 0; change--)
                bytes[random.Next(bytes.Length)] = (byte)(random.Next(3) == 0 ? random.Next(256) : Signs[random.Next(Signs.Length)]);
            File.WriteAllBytes(path, bytes.AsSpan(0, random.Next(4) == 0 ? random.Next(bytes.Length) : bytes.Length));
            Assert.All(Open().Entries, entry =>
            {
                Assert.True(entry.IsValid);
                _ = _runner.Why(entry);
                _ = new Outcome().ToHistory(entry, DateTimeOffset.UnixEpoch);
            });
        }
    }

    [Fact]
    public void The_same_work_is_queued_once_and_what_failed_is_tried_again()
    {
        Add("a");
        var again = _queue.Add([(Work("a"), new Plan()), (Work("a"), new Plan { Priority = Priority.High })]);
        Assert.Equal([(1L, false), (2L, true)], again.Select(one => (one.Entry.Id, one.IsNew)));
        _ = _queue.Change([1], entry => entry with { State = EntryState.Failed, Fault = new Fault("x", "y") });
        Assert.Equal((EntryState.Waiting, null), _queue.Add([(Work("a"), new Plan())]) is [var one]
            ? (one.Entry.State, one.Entry.Fault)
            : default);
    }

    [Fact]
    public void Order_is_priority_and_then_place()
    {
        Add("a", "b", "c", "d");
        _ = _queue.Change([4], entry => entry with { Plan = entry.Plan with { Priority = Priority.High } });
        Assert.Equal([4, 1, 2, 3], Order());
        _queue.Move([3, 2], before: null, toTop: true);
        Assert.Equal([3, 2, 4, 1], Order());
        Assert.Equal(Priority.High, _queue.Entries[0].Plan.Priority);
        _queue.Move([2], before: 1, toTop: false);
        Assert.Equal([3, 4, 2, 1], Order());
        Assert.Equal(Priority.Normal, _queue.Entries[2].Plan.Priority);
        _queue.Move([3], before: null, toTop: false);
        Assert.Equal([4, 3, 2, 1], Order());
        Assert.Throws<AgentException>(() => _queue.Move([4], before: 9, toTop: false));
        Assert.Throws<AgentException>(() => _queue.Move([9], before: null, toTop: true));
        // However often two change places in between.
        for (var time = 0; time < 200; time++)
            _queue.Move([time % 2 == 0 ? 1 : 2], before: time % 2 == 0 ? 2 : 1, toTop: false);
        Assert.Equal([4, 3, 2, 1], Order());
        Assert.Equal([4, 3, 2, 1], Open().Entries.Select(entry => entry.Id));

        IEnumerable<long> Order() => _queue.Entries.Select(entry => entry.Id);
    }

    [Fact]
    public async Task So_many_run_at_once_and_a_higher_priority_makes_room_for_itself()
    {
        Add("a", "b", "c");
        _ = _runner.Step();
        await RunsAsync(1, 2);
        _ = _queue.Add([(Work("d"), new Plan { Priority = Priority.High })]);
        _ = _runner.Step();
        await RunsAsync(1);
        _ = _runner.Step();
        await RunsAsync(1, 4);
        _work.End(1);
        await RunsAsync(4);
        Assert.DoesNotContain(_queue.Entries, entry => entry.Id == 1);
        _queue.Limit(1, null);
        _ = _runner.Step();
        await RunsAsync(4);
        _work.End(4);
        await RunsAsync();
        _ = _runner.Step();
        await RunsAsync(2);
    }

    [Fact]
    public async Task The_same_work_never_runs_twice_at_once()
    {
        _ = _queue.Add([(Work("a"), new Plan()), (Work("a"), new Plan { Every = "1h" })]);
        _ = _runner.Step();
        await RunsAsync(1);
        _work.End(1);
        await RunsAsync();
        _ = _runner.Step();
        await RunsAsync(2);
    }

    [Fact]
    public async Task Each_entry_runs_once_however_fast_they_end()
    {
        const int Many = 60;
        var runs = new ConcurrentQueue<long>();
        var runner = new AgentRunner(
            _queue, new Quick(runs), new Network(() => Task.FromResult<bool?>(false), _time), new BandwidthLimit(_time), _time,
            (_, _) => { });
        _queue.Limit(8, null);
        Add([.. Enumerable.Range(0, Many).Select(number => $"{number}")]);
        // Decisions all the time, so that some fall between the end of an entry and its leaving.
        await Task.WhenAll(Enumerable.Range(0, 2).Select(thread => Task.Run(() =>
        {
            while (_queue.Entries.Count > 0)
                _ = runner.Step();
        })));
        await Eventually.HoldsAsync(() => Task.FromResult(runner.Now.Count == 0));
        Assert.Equal(Enumerable.Range(1, Many).Select(id => (long)id), runs.Order());
    }

    [Fact]
    public async Task An_exception_that_nothing_expects_is_tried_again_but_not_without_end()
    {
        Add("a");
        foreach (var (failures, state) in ((int, EntryState)[])[(0, EntryState.Waiting), (30, EntryState.Failed)])
        {
            _ = _queue.Change([1], entry => entry with { Failures = failures, RetryAt = null });
            _ = _runner.Step();
            await RunsAsync(1);
            _work.Break(1, new InvalidOperationException("It broke."));
            await RunsAsync();
            Assert.Equal(state, Assert.Single(_queue.Entries).State);
        }
    }

    [Fact]
    public async Task What_can_pass_is_tried_again_after_longer_and_longer_pauses()
    {
        Add("a");
        foreach (var pause in (int[])[15, 30, 60])
        {
            var next = _runner.Step();
            await RunsAsync(1);
            _work.End(1, new Outcome(new Fault("network", "broken"), IsTransient: true));
            await RunsAsync();
            next = _runner.Step();
            Assert.Equal(_time.GetUtcNow().AddSeconds(pause), next);
            await RunsAsync();
            _time.Advance(TimeSpan.FromSeconds(pause));
        }

        _ = _runner.Step();
        await RunsAsync(1);
        _work.End(1, new Outcome(new Fault("conflict", "taken")));
        await RunsAsync();
        Assert.Equal((EntryState.Failed, "taken"), (_queue.Entries[0].State, _queue.Entries[0].Fault?.Message));
        _ = _runner.Step();
        await RunsAsync();
    }

    [Fact]
    public async Task What_comes_again_and_again_does_so_whatever_came_of_it()
    {
        _ = _queue.Add([(Work("a"), new Plan { Every = "1h" })]);
        var began = _time.GetUtcNow();
        foreach (var outcome in (Outcome[])[new(), new(new Fault("conflict", "taken"))])
        {
            _ = _runner.Step();
            await RunsAsync(1);
            _time.Advance(TimeSpan.FromMinutes(5));
            _work.End(1, outcome);
            await RunsAsync();
            began = began.AddHours(1);
            Assert.Equal((EntryState.Waiting, began), (_queue.Entries[0].State, _queue.Entries[0].NotBefore));
            Assert.Equal(outcome.Fault, _queue.Entries[0].Fault);
            _ = _runner.Step();
            await RunsAsync();
            _time.Advance(began - _time.GetUtcNow());
        }

        _ = _runner.Step();
        await RunsAsync(1);
    }

    [Fact]
    public async Task At_its_deadline_an_entry_is_given_up()
    {
        _ = _queue.Add([(Work("a"), new Plan { Deadline = _time.GetUtcNow().AddHours(1) })]);
        Assert.Equal(_time.GetUtcNow().AddHours(1), _runner.Step());
        await RunsAsync(1);
        _time.Advance(TimeSpan.FromHours(1));
        _ = _runner.Step();
        await RunsAsync();
        Assert.Equal((EntryState.Failed, "deadline"), (_queue.Entries[0].State, _queue.Entries[0].Fault?.Class));
        Assert.Equal("deadline", Assert.Single(_ended).Outcome.Fault?.Class);
    }

    [Fact]
    public async Task What_is_paused_stops_and_what_is_cancelled_is_removed_once_it_has_stopped()
    {
        Add("a", "b");
        _ = _runner.Step();
        await RunsAsync(1, 2);
        _ = _queue.Change([1], entry => entry with { State = EntryState.Paused });
        _ = _queue.Change([2], entry => entry with { State = EntryState.Cancelling });
        _ = _runner.Step();
        await RunsAsync();
        Assert.Empty(_work.Abandoned);
        _ = _runner.Step();
        await Eventually.HoldsAsync(() => Task.FromResult(_queue.Entries.Count == 1));
        Assert.Equal([2L], _work.Abandoned);
        Assert.Equal(EntryState.Paused, _queue.Entries[0].State);
        Assert.Empty(_ended);
    }

    [Fact]
    public async Task What_is_not_for_metered_networks_waits_until_it_is_known()
    {
        var answer = new TaskCompletionSource<bool?>();
        var network = new Network(() => answer.Task, _time);
        var runner = new AgentRunner(_queue, _work, network, new BandwidthLimit(_time), _time, (_, _) => { });
        _ = _queue.Add([(Work("a"), new Plan { NotMetered = true }), (Work("b"), new Plan())]);
        _ = runner.Step();
        await Eventually.HoldsAsync(() => Task.FromResult(_work.Running.SequenceEqual([2L])));
        Assert.NotNull(runner.Why(_queue.Entries[0]).Reason);
        answer.SetResult(true);
        await Eventually.HoldsAsync(() => Task.FromResult(network.HasAnswered));
        _ = runner.Step();
        Assert.Equal("the network is metered", runner.Why(_queue.Entries[0]).Reason);
        answer = new TaskCompletionSource<bool?>();
        answer.SetResult(null);
        _time.Advance(TimeSpan.FromMinutes(1));
        _ = runner.Step();
        await Eventually.HoldsAsync(() => Task.FromResult(_work.Running.Order().SequenceEqual([1L, 2L])));
    }

    [Fact]
    public async Task A_bandwidth_holds_for_all_or_for_one_and_changes_with_the_time()
    {
        _ = _queue.Add([(Work("a"), new Plan { Bandwidth = "1M" })]);
        _ = _runner.Step();
        await RunsAsync(1);
        Assert.Equal(1 << 20, _work.Limit(1).BytesPerSecond);
        _ = _queue.Change([1], entry => entry with { Plan = entry.Plan with { Bandwidth = "2M" } });
        _ = _runner.Step();
        Assert.Equal(2 << 20, _work.Limit(1).BytesPerSecond);
        await RunsAsync(1);
        _ = _queue.Change([1], entry => entry with { Plan = entry.Plan with { Bandwidth = null } });
        _ = _runner.Step();
        Assert.Null(_work.Limit(1).BytesPerSecond);
    }

    private AgentQueue Open() => new(new QueueStore(_folder.Path), _time, _faults.Add);

    private void Add(params string[] names) => _queue.Add([.. names.Select(name => (Work(name), new Plan()))]);

    private static QueuedWork Work(string name) => new() { IsUp = true, Local = "/" + name, Remote = name, Url = "https://files.example" };

    private Task RunsAsync(params long[] ids) => Eventually.HoldsAsync(() => Task.FromResult(
        _work.Running.Order().SequenceEqual(ids) && _runner.Now.Keys.Order().SequenceEqual(ids)));

    private sealed class Quick(ConcurrentQueue<long> runs) : IEntryWork
    {
        public async Task<Outcome> RunAsync(
            QueueEntry entry, BandwidthLimit own, IProgress<TransferProgress> progress, CancellationToken stop)
        {
            runs.Enqueue(entry.Id);
            await Task.Yield();
            return new Outcome();
        }

        public Task AbandonAsync(QueueEntry entry, CancellationToken stop) => Task.CompletedTask;
    }

    /// <summary>Runs until a test says how it ended, or until it is stopped.</summary>
    private sealed class Recorder : IEntryWork
    {
        private readonly ConcurrentDictionary<long, (TaskCompletionSource<Outcome> End, BandwidthLimit Limit)> _running = new();

        public ICollection<long> Running => _running.Keys;

        public ConcurrentQueue<long> Abandoned { get; } = new();

        public BandwidthLimit Limit(long id) => _running[id].Limit;

        public void Break(long id, Exception failure) => _running[id].End.SetException(failure);

        public void End(long id, Outcome? outcome = null) => _running[id].End.SetResult(outcome ?? new Outcome());

        public async Task<Outcome> RunAsync(
            QueueEntry entry, BandwidthLimit own, IProgress<TransferProgress> progress, CancellationToken stop)
        {
            var end = new TaskCompletionSource<Outcome>(TaskCreationOptions.RunContinuationsAsynchronously);
            _running[entry.Id] = (end, own);
            try
            {
                return await end.Task.WaitAsync(stop);
            }
            finally
            {
                _ = _running.TryRemove(entry.Id, out _);
            }
        }

        public Task AbandonAsync(QueueEntry entry, CancellationToken stop)
        {
            Abandoned.Enqueue(entry.Id);
            return Task.CompletedTask;
        }
    }
}
