using System.Collections.Concurrent;
using ChunkUpload.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace ChunkUpload.Tests.Unit.Uploads;

public sealed class BackgroundLaneTests : IAsyncLifetime
{
    private static readonly TimeSpan Rest = TimeSpan.FromMilliseconds(250);

    private readonly ManualTime _time = new();
    private readonly UploadId _id = UploadId.New();
    private readonly ConcurrentQueue<UploadId> _passes = new();
    private Func<UploadId, Task> _work = _ => Task.CompletedTask;
    private readonly List<BackgroundLane> _lanes = [];
    private readonly BackgroundLane _lane;

    public BackgroundLaneTests() => _lane = Lane(Rest);

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        foreach (var lane in _lanes)
        {
            await lane.StopAsync();
            lane.Dispose();
        }
    }

    [Fact]
    public async Task Signals_during_a_rest_are_handled_in_one_pass_afterwards()
    {
        await _lane.Schedule(_id);
        await _time.WaitForTimerAsync(Rest);
        var later = Enumerable.Range(0, 1000).Select(_ => _lane.Schedule(_id)).Last();
        Assert.Single(_passes);
        Assert.Equal(1, _lane.Depth);

        _time.Advance(Rest);
        await later;

        Assert.Equal(2, _passes.Count);
    }

    [Fact]
    public async Task Other_uploads_do_not_wait_for_one_that_rests()
    {
        await _lane.Schedule(_id);
        await _lane.Schedule(UploadId.New());

        Assert.Equal(2, _passes.Count);
    }

    [Fact]
    public async Task Urgent_signal_ends_only_the_current_rest()
    {
        await _lane.Schedule(_id);
        await _time.WaitForTimerAsync(Rest);
        _time.Advance(Rest / 2);
        await _lane.Schedule(_id, urgent: true);
        Assert.Equal(2, _passes.Count);

        await _time.WaitForTimerAsync(Rest);
        var third = _lane.Schedule(_id);
        _time.Advance(Rest / 2);
        Assert.Equal(2, _passes.Count);
        _time.Advance(Rest / 2);
        await third;
        Assert.Equal(3, _passes.Count);
    }

    [Fact]
    public async Task Urgent_signal_during_a_pass_starts_another_one_at_once()
    {
        var (begun, go) = (new TaskCompletionSource(), new TaskCompletionSource());
        _work = async _ =>
        {
            begun.TrySetResult();
            await go.Task;
        };
        var first = _lane.Schedule(_id);
        await begun.Task;
        var second = _lane.Schedule(_id, urgent: true);
        Assert.NotSame(first, second);
        go.SetResult();
        await second;

        Assert.Equal(2, _passes.Count);
    }

    [Fact]
    public async Task An_upload_that_rests_with_nothing_to_do_is_forgotten()
    {
        await _lane.Schedule(_id);
        await _time.WaitForTimerAsync(Rest);
        Assert.Equal(0, _lane.Depth);
        _time.Advance(Rest);

        // After a new start the pass begins at once, without a rest.
        await _lane.Schedule(_id);
        Assert.Equal(2, _passes.Count);
    }

    [Fact]
    public async Task A_failed_pass_is_repeated_after_five_seconds()
    {
        _work = _ => throw new InvalidOperationException();
        await _lane.Schedule(_id);
        await _time.WaitForTimerAsync(TimeSpan.FromSeconds(5));
        Assert.Equal(1, _lane.Depth);
        _work = _ => Task.CompletedTask;
        _time.Advance(TimeSpan.FromSeconds(5));
        await _time.WaitForTimerAsync(Rest);

        Assert.Equal(2, _passes.Count);
    }

    [Fact]
    public async Task Without_a_rest_a_signal_during_a_pass_starts_another_pass()
    {
        var lane = Lane(TimeSpan.Zero);
        var (begun, go) = (new TaskCompletionSource(), new TaskCompletionSource());
        _work = async _ =>
        {
            begun.TrySetResult();
            await go.Task;
        };
        await Task.WhenAny(lane.Schedule(_id), begun.Task);
        var again = lane.Schedule(_id);
        go.SetResult();
        await again;

        Assert.Equal(2, _passes.Count);
        Assert.Equal(0, lane.Depth);
    }

    private BackgroundLane Lane(TimeSpan rest)
    {
        var lane = new BackgroundLane(
            async (id, _) =>
            {
                _passes.Enqueue(id);
                await _work(id);
            },
            2, rest, _time, NullLogger.Instance);
        lane.Start();
        _lanes.Add(lane);
        return lane;
    }
}
