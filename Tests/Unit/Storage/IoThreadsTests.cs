using System.Collections.Concurrent;
using ChunkUpload.Infrastructure.Storage.Disk;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Unit.Storage;

/// <summary>Threads for calls that block: as many as have work, up to a limit.</summary>
public sealed class IoThreadsTests
{
    private static readonly CancellationToken None = CancellationToken.None;

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
    public async Task Continuation_runs_on_the_pool_thread_only_when_asked_to()
    {
        using var threads = new IoThreads("test", 1);
        using var gate = new ManualResetEventSlim();
        Task<string?> NameBehind(bool continueInline) => threads.RunAsync(() => gate.Wait(None), None, continueInline).ContinueWith(
            _ => Thread.CurrentThread.Name, None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);

        var (here, elsewhere) = (NameBehind(continueInline: true), NameBehind(continueInline: false));
        gate.Set();

        Assert.Equal("test-0", await here);
        Assert.NotEqual("test-0", await elsewhere);
    }

    [Fact]
    public async Task Concurrent_requests_run_every_job_once()
    {
        using var threads = new IoThreads("test", 4);
        var done = new int[20_000];
        await Task.WhenAll(Enumerable.Range(0, 8).Select(part => Task.Run(async () =>
        {
            for (var i = part; i < done.Length; i += 8)
                await threads.RunAsync(() => Interlocked.Increment(ref done[i]), None, continueInline: i % 3 == 0);
        }))).WaitAsync(Eventually.Limit);

        Assert.All(done, times => Assert.Equal(1, times));
    }

    [Fact]
    public async Task Entered_code_continues_on_one_of_the_threads_until_it_waits()
    {
        using var threads = new IoThreads("test", 1);
        var names = await Task.Run(async () =>
        {
            await threads.EnterAsync();
            var first = Thread.CurrentThread.Name;
            await threads.EnterAsync();
            var second = Thread.CurrentThread.Name;
            await Task.Delay(1);
            return (first, second, Thread.CurrentThread.IsThreadPoolThread);
        });

        Assert.Equal(("test-0", "test-0", true), names);
    }

    [Fact]
    public async Task Entered_code_continues_in_the_pool_once_it_is_closed()
    {
        var threads = new IoThreads("test", 1);
        threads.Dispose();
        Assert.True(await Task.Run(async () =>
        {
            await threads.EnterAsync();
            return Thread.CurrentThread.IsThreadPoolThread;
        }));
    }

    [Fact]
    public async Task Sleeping_threads_end_when_the_pool_is_closed()
    {
        static bool AnyCalled(string name) => Directory.GetDirectories("/proc/self/task")
            .Any(task => File.Exists(task + "/comm") && File.ReadAllText(task + "/comm").StartsWith(name, StringComparison.Ordinal));
        var threads = new IoThreads("will-end", 2);
        using var both = new Barrier(2);
        await Task.WhenAll(threads.RunAsync(() => both.SignalAndWait(None), None), threads.RunAsync(() => both.SignalAndWait(None), None));
        Assert.True(AnyCalled("will-end-1"));

        threads.Dispose();
        await Eventually.HoldsAsync(() => !AnyCalled("will-end"));
    }

    [Fact]
    public async Task Queued_work_is_done_when_the_pool_is_closed()
    {
        var threads = new IoThreads("test", 1);
        using var gate = new ManualResetEventSlim();
        var (first, second) = (threads.RunAsync(() => gate.Wait(None), None), threads.RunAsync(() => { }, None));
        threads.Dispose();
        gate.Set();

        await Task.WhenAll(first, second);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => threads.RunAsync(() => { }, None));
    }
}
