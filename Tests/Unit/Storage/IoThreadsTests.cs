using System.Collections.Concurrent;
using ChunkUpload.Infrastructure.Storage.Disk;

namespace ChunkUpload.Tests.Unit.Storage;

/// <summary>Threads for calls that block: as many as have work, up to a limit.</summary>
public sealed class IoThreadsTests
{
    private static readonly CancellationToken None = CancellationToken.None;

    // It ends a test that would hang; nothing is measured with it.
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task Begins_a_thread_while_all_have_work_and_no_more_than_it_may()
    {
        using var threads = new IoThreads("test", 3);
        using var gate = new ManualResetEventSlim();
        using var busy = new CountdownEvent(3);
        var names = new ConcurrentBag<string?>();
        void Work()
        {
            names.Add(Thread.CurrentThread.Name);
            if (!busy.IsSet)
                busy.Signal();
            gate.Wait(None);
        }

        var jobs = Enumerable.Range(0, 5).Select(_ => threads.RunAsync(Work, None)).ToList();
        await Task.Run(() => busy.Wait(None));
        Assert.Equal((3, 2), (names.Distinct().Count(), threads.Waiting));

        gate.Set();
        await Task.WhenAll(jobs);
        Assert.Equal((5, 3), (names.Count, names.Distinct().Count()));
    }

    [Fact]
    public async Task Whoever_asks_to_go_on_there_goes_on_in_the_thread()
    {
        using var threads = new IoThreads("test", 1);
        using var gate = new ManualResetEventSlim();
        Task<string?> NameBehind(bool goOn) => threads.RunAsync(() => gate.Wait(None), None, goOn).ContinueWith(
            _ => Thread.CurrentThread.Name, None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);

        var (here, elsewhere) = (NameBehind(goOn: true), NameBehind(goOn: false));
        gate.Set();

        Assert.Equal("test-0", await here);
        Assert.NotEqual("test-0", await elsewhere);
    }

    [Fact]
    public async Task Every_job_is_done_once_whoever_asks_at_once()
    {
        using var threads = new IoThreads("test", 4);
        var done = new int[20_000];
        await Task.WhenAll(Enumerable.Range(0, 8).Select(part => Task.Run(async () =>
        {
            for (var i = part; i < done.Length; i += 8)
                await threads.RunAsync(() => Interlocked.Increment(ref done[i]), None, goOn: i % 3 == 0);
        }))).WaitAsync(TimeSpan.FromMinutes(1));

        Assert.All(done, times => Assert.Equal(1, times));
    }

    [Fact]
    public async Task A_request_goes_on_in_a_thread_that_sleeps()
    {
        using var threads = await AsleepAsync(1);
        var request = new Request();
        threads.GoOn(request);

        Assert.Equal(("test-0", false), await request.Seen);
        request.Leave.Set();
    }

    [Fact]
    public async Task A_second_request_goes_on_in_the_pool_while_there_is_one() => Assert.True(await SecondIsInPoolAsync(_ => { }));

    [Fact]
    public async Task One_that_waits_for_the_device_is_not_waited_for() => Assert.False(await SecondIsInPoolAsync(threads => _ = threads.EnterAsync().AsTask()));

    [Fact]
    public async Task Where_none_sleeps_a_request_goes_on_in_the_pool()
    {
        using var threads = new IoThreads("test", 1);
        using var gate = new ManualResetEventSlim();
        var busy = threads.RunAsync(() => gate.Wait(None), None);
        var request = new Request();
        threads.GoOn(request);

        Assert.True((await request.Seen).Pool);
        request.Leave.Set();
        gate.Set();
        await busy;
    }

    [Fact]
    public async Task A_request_goes_on_in_the_pool_when_it_is_closed()
    {
        var threads = await AsleepAsync(1);
        threads.Dispose();
        var request = new Request();
        threads.GoOn(request);

        Assert.True((await request.Seen).Pool);
        request.Leave.Set();
    }

    [Fact]
    public async Task Requests_run_in_its_threads_and_in_the_pool()
    {
        using IoThreads threads = new("test", 1), others = new("other", 1);
        Assert.True(await InAsync(threads, () => threads.IsHere));
        Assert.False(await InAsync(others, () => threads.IsHere));
        Assert.True(await Task.Run(() => threads.IsHere));
    }

    [Fact]
    public async Task Only_its_own_threads_may_stay()
    {
        using IoThreads threads = await AsleepAsync(2), others = await AsleepAsync(2);
        Assert.True(await InAsync(threads, threads.MayStay));
        Assert.False(await InAsync(others, threads.MayStay));
        Assert.False(await Task.Run(threads.MayStay));
    }

    [Fact]
    public async Task The_last_that_is_to_be_had_may_not_stay()
    {
        using var threads = await AsleepAsync(2);
        Assert.True(await InAsync(threads, threads.MayStay));

        using var gate = new ManualResetEventSlim();
        using var begun = new ManualResetEventSlim();
        var busy = threads.RunAsync(
            () =>
            {
                begun.Set();
                _ = gate.Wait(Deadline);
            },
            None);
        Assert.True(await Task.Run(() => begun.Wait(Deadline)));
        Assert.False(await InAsync(threads, threads.MayStay));
        gate.Set();
        await busy;
    }

    [Fact]
    public async Task One_that_stays_is_not_waited_for_either() => Assert.False(await SecondIsInPoolAsync(threads => _ = threads.MayStay()));

    [Fact]
    public async Task Those_that_sleep_end_when_it_is_closed()
    {
        static bool AnyCalled(string name) => Directory.GetDirectories("/proc/self/task").Any(task => File.Exists(task + "/comm") && File.ReadAllText(task + "/comm").StartsWith(name, StringComparison.Ordinal));
        var threads = new IoThreads("will-end", 2);
        using var both = new Barrier(2);
        await Task.WhenAll(threads.RunAsync(() => both.SignalAndWait(None), None), threads.RunAsync(() => both.SignalAndWait(None), None));
        Assert.True(AnyCalled("will-end-1"));

        threads.Dispose();
        using var deadline = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (AnyCalled("will-end"))
            await Task.Delay(5, deadline.Token);
    }

    [Fact]
    public async Task What_is_queued_is_still_done_when_it_is_closed()
    {
        var threads = new IoThreads("test", 1);
        using var gate = new ManualResetEventSlim();
        var (first, second) = (threads.RunAsync(() => gate.Wait(None), None), threads.RunAsync(() => { }, None));
        threads.Dispose();
        gate.Set();

        await Task.WhenAll(first, second);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => threads.RunAsync(() => { }, None));
    }

    /// <summary>Where a request goes on beside one that has done this and goes on still.</summary>
    private static async Task<bool> SecondIsInPoolAsync(Action<IoThreads> done)
    {
        using var threads = await AsleepAsync(2);
        Request first = new(() => done(threads)), second = new();
        threads.GoOn(first);
        _ = await first.Seen;
        threads.GoOn(second);
        var pool = (await second.Seen).Pool;
        first.Leave.Set();
        second.Leave.Set();
        return pool;
    }

    private static Task<bool> InAsync(IoThreads threads, Func<bool> ask) => Task.Run(async () =>
    {
        await threads.EnterAsync();
        return ask();
    });

    /// <summary>So many threads, all of them asleep.</summary>
    private static async Task<IoThreads> AsleepAsync(int count)
    {
        var threads = new IoThreads("test", count);
        using var all = new Barrier(count);
        await Task.WhenAll(Enumerable.Range(0, count).Select(_ => threads.RunAsync(() => all.SignalAndWait(None), None)));
        using var deadline = new CancellationTokenSource(Deadline);
        while (threads.Asleep < count)
            await Task.Delay(1, deadline.Token);
        return threads;
    }

    /// <summary>Tells where it runs, and stays there until it may leave.</summary>
    private sealed class Request(Action? first = null) : IThreadPoolWorkItem
    {
        private readonly TaskCompletionSource<(string?, bool)> _seen = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<(string? Name, bool Pool)> Seen => _seen.Task.WaitAsync(Deadline);

        public ManualResetEventSlim Leave { get; } = new();

        public void Execute()
        {
            first?.Invoke();
            _seen.SetResult((Thread.CurrentThread.Name, Thread.CurrentThread.IsThreadPoolThread));
            _ = Leave.Wait(Deadline);
        }
    }
}
