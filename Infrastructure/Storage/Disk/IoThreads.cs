using System.Collections.Concurrent;
using System.Threading.Tasks.Sources;
using ChunkUpload.Infrastructure.Posix;

namespace ChunkUpload.Infrastructure.Storage.Disk;

/// <summary>
/// A few threads of our own for calls that block for as long as a device likes. On the thread pool eight slow flushes would hold up
/// every request of a two-core machine until the pool has grown. Whoever was the last to fall asleep is the first to be given something: its stack and
/// what it knows are still in the processor's caches, and of thirty that were once needed those that no longer are sleep on.
/// </summary>
internal sealed class IoThreads : IDisposable
{
    [ThreadStatic]
    private static IoThreads? _current;

    // For nobody was asleep.
    private readonly Queue<IJob> _queue = [];
    private readonly Stack<Worker> _asleep;
    private readonly ConcurrentBag<Entry> _unused = [];
    private readonly string _name;
    private readonly int _most;

    private int _started;
    private bool _closed;

    /// <param name="most">They begin when all that there are have work.</param>
    public IoThreads(string name, int most)
    {
        (_name, _most, _asleep) = (name, most, new(most));
        Begin();
    }

    public int Waiting
    {
        get
        {
            lock (_queue)
                return _queue.Count;
        }
    }

    /// <summary>Runs the work once. The token counts until it has begun: a flush that runs is waited for, never abandoned.</summary>
    /// <param name="goOn">Whoever awaits it goes on in this thread, which saves a change of threads, and does no more there than to ask for something
    /// else and wait.</param>
    public Task RunAsync(Action work, CancellationToken cancellationToken, bool goOn = false)
    {
        if (cancellationToken.IsCancellationRequested)
            return Task.FromCanceled(cancellationToken);
        var job = new Job(work, goOn, cancellationToken);
        ObjectDisposedException.ThrowIf(!Enqueue(job), this);
        return job.Task;
    }

    /// <summary>Whoever awaits it goes on in one of these threads, until the next time that it really waits.</summary>
    public ValueTask EnterAsync() => _current == this ? default : (_unused.TryTake(out var entry) ? entry : new Entry(this)).Begin();

    /// <summary>What is queued is still done.</summary>
    public void Dispose()
    {
        lock (_queue)
        {
            _closed = true;
            while (_asleep.TryPop(out var worker))
                worker.Sleeping.Wake();
        }
    }

    /// <returns>False when it is closed.</returns>
    private bool Enqueue(IJob job)
    {
        Worker? worker;
        lock (_queue)
        {
            if (_closed)
                return false;
            if (_asleep.TryPop(out worker))
            {
                worker.Job = job;
            }
            else
            {
                _queue.Enqueue(job);
                if (_started < _most)
                    TryBegin();
            }
        }

        worker?.Sleeping.Wake();
        return true;
    }

    private void Begin()
    {
        // All that it needs is made here: what fails in a thread that has begun ends the process.
        var worker = new Worker();
        new Thread(() => Work(worker)) { Name = $"{_name}-{_started}", IsBackground = true }.Start();
        _started++;
    }

    private void TryBegin()
    {
        try
        {
            Begin();
        }
        catch (Exception e) when (e is OutOfMemoryException or ThreadStartException or InvalidOperationException)
        {
            // No memory or descriptor for one more: those that there are do its work.
        }
    }

    private void Work(Worker self)
    {
        _current = this;
        while (Next(self) is { } job)
            job.Run();
    }

    private IJob? Next(Worker self)
    {
        lock (_queue)
        {
            if (_queue.TryDequeue(out var job) || _closed)
                return job;
            _asleep.Push(self);
        }

        self.Sleeping.Sleep();
        var given = self.Job;
        self.Job = null;
        return given;
    }

    private sealed class Worker
    {
        public SleepingThread Sleeping { get; } = new();

        /// <summary>What it is woken for; null when it may end.</summary>
        public IJob? Job { get; set; }
    }

    private interface IJob
    {
        void Run();
    }

    /// <summary>Used again and again: a fast upload enters some ten times for each of its requests.</summary>
    private sealed class Entry(IoThreads threads) : IJob, IValueTaskSource
    {
        private ManualResetValueTaskSourceCore<bool> _core;

        public ValueTask Begin() => new(this, _core.Version);

        public void Run() => _core.SetResult(true);

        // Not before somebody waits: whoever saw that it had run would not change threads.
        public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags)
        {
            _core.OnCompleted(continuation, state, token, flags);
            if (!threads.Enqueue(this))
                _ = ThreadPool.UnsafeQueueUserWorkItem(static entry => entry.Run(), this, preferLocal: false);
        }

        public ValueTaskSourceStatus GetStatus(short token) => _core.GetStatus(token);

        public void GetResult(short token)
        {
            _ = _core.GetResult(token);
            _core.Reset();
            threads._unused.Add(this);
        }
    }

    private sealed class Job(Action work, bool goOn, CancellationToken cancellationToken)
        : TaskCompletionSource(goOn ? TaskCreationOptions.None : TaskCreationOptions.RunContinuationsAsynchronously), IJob
    {
        public void Run()
        {
            if (cancellationToken.IsCancellationRequested)
            {
                SetCanceled(cancellationToken);
                return;
            }

            try
            {
                work();
                SetResult();
            }
            catch (OperationCanceledException e)
            {
                SetCanceled(e.CancellationToken);
            }
            catch (Exception e)
            {
                // Whoever waits gets it; the thread serves others.
                SetException(e);
            }
        }
    }
}
