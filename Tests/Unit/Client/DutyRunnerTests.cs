using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;
using ChunkUpload.Agent;
using ChunkUpload.Client;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Unit.Client;

/// <summary>Standing work of the agent: kept on the disk, one run at a time, tried again after failures.</summary>
[SuppressMessage("Design", "CA1001", Justification = "xUnit calls DisposeAsync of IAsyncLifetime.")]
public sealed class DutyRunnerTests : IAsyncLifetime
{
    private readonly ManualTime _time = new();
    private readonly TempFolder _folder = new();
    private readonly List<string> _faults = [];
    private readonly Recorder _work = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly DutyRunner _runner;
    private readonly Task _running;

    public DutyRunnerTests()
    {
        _runner = Open();
        _running = _runner.RunAsync(_stop.Token);
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _stop.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_duty_runs_at_once_and_is_there_for_the_next_agent()
    {
        var view = _runner.Add(Duty("a"));
        Assert.Equal("/a", (await _work.BegunAsync()).Duty.Local);
        Assert.Equal((view.Duty.Id, "/a"), Assert.Single(Open().Views) is var next ? (next.Duty.Id, next.Duty.Local) : default);
        Assert.Equal(2, _runner.Add(Duty("b")).Duty.Id);
        _ = _runner.Remove(1);
        Assert.Equal([2], Open().Views.Select(one => one.Duty.Id));
        Assert.Equal(AgentException.NoEntry, Assert.Throws<AgentException>(() => _runner.Remove(1)).Code);
    }

    [Fact]
    public async Task The_same_duty_replaces_the_one_that_runs_after_that_has_ended()
    {
        _ = _runner.Add(Duty("a"));
        var first = await _work.BegunAsync();
        var again = _runner.Add(Duty("a") with { Settings = new Dictionary<string, string> { ["rest"] = "5s" } });
        Assert.Equal(1, again.Duty.Id);
        Assert.True(first.Stop.IsCancellationRequested);
        var second = await _work.BegunAsync();
        Assert.True(first.HasEnded);
        Assert.Equal("5s", second.Duty.Settings["rest"]);
        Assert.Single(_runner.Views);
    }

    [Fact]
    public async Task A_duty_that_fails_waits_longer_and_longer()
    {
        _ = _runner.Add(Duty("a"));
        foreach (var pause in (int[])[15, 30, 60])
        {
            var run = await _work.BegunAsync();
            run.Fail(new TransferException(TransferFailure.Network, "No connection to the service."));
            await Eventually.HoldsAsync(() => Task.FromResult(_runner.Views[0].State == "waiting" && _runner.Views[0].Fault is not null));
            var view = _runner.Views[0];
            Assert.Equal(("network", _time.GetUtcNow().AddSeconds(pause)), (view.Fault!.Class, view.Until));
            await Eventually.HoldsAsync(() =>
            {
                _time.Advance(TimeSpan.FromSeconds(pause));
                return Task.FromResult(_runner.Views[0].State == "running");
            });
        }

        // Told once in the terminal of the agent.
        Assert.Equal("test /a: No connection to the service.", Assert.Single(_faults));
    }

    [Fact]
    public void What_is_no_duty_is_refused_and_a_broken_file_is_set_aside()
    {
        Assert.Equal(AgentException.BadRequest, Assert.Throws<AgentException>(() => _runner.Add(Duty("a") with { Kind = "dance" })).Code);
        Assert.Equal(AgentException.BadRequest, Assert.Throws<AgentException>(() => _runner.Add(Duty("a") with { Local = "a" })).Code);
        Assert.Equal(AgentException.BadRequest, Assert.Throws<AgentException>(() => _runner.Add(Duty("a") with { Url = "nowhere" })).Code);
        File.WriteAllText(_folder["duties", "000000000007.json"], "{\"version\":1}");
        Assert.Empty(Open().Views);
        Assert.Single(_faults);
        Assert.True(File.Exists(_folder["duties", "000000000007.json.bad"]));
    }

    private static Duty Duty(string name) => new()
    {
        Id = 0,
        Kind = "test",
        Local = "/" + name,
        Url = "http://127.0.0.1:1/",
        AddedAt = default,
    };

    private DutyRunner Open() => new(new DutyStore(_folder.Path), [_work], _time, _faults.Add);

    private sealed class Recorder : IDutyWork
    {
        private readonly Channel<Run> _runs = Channel.CreateUnbounded<Run>();

        public string Kind => "test";

        public async Task<Run> BegunAsync() => await _runs.Reader.ReadAsync().AsTask().WaitAsync(Eventually.Limit);

        public async Task RunAsync(Duty duty, IProgress<string> report, CancellationToken stop)
        {
            var run = new Run(duty, stop);
            _ = _runs.Writer.TryWrite(run);
            try
            {
                await run.Ending.WaitAsync(stop);
            }
            finally
            {
                run.HasEnded = true;
            }
        }
    }

    private sealed class Run(Duty duty, CancellationToken stop)
    {
        private readonly TaskCompletionSource _end = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Duty Duty => duty;

        public CancellationToken Stop => stop;

        public Task Ending => _end.Task;

        public bool HasEnded { get; set; }

        public void Fail(Exception failure) => _end.SetException(failure);
    }
}
