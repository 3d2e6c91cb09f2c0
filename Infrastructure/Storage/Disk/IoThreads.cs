using System.Collections.Concurrent;
using System.Threading.Tasks.Sources;
using ChunkUpload.Core.Hosting;
using ChunkUpload.Infrastructure.Posix;

namespace ChunkUpload.Infrastructure.Storage.Disk;

/// <summary>
/// A few threads of our own for calls that block for as long as a device likes. On the thread pool eight slow flushes would hold up
/// every request of a two-core machine until the pool has grown. Whoever was the last to fall asleep is the first to be given something: its stack and
/// what it knows are still in the processor's caches, and of thirty that were once needed those that no longer are sleep on.
/// </summary>
internal sealed class IoThreads : IRequestThreads, IDisposable
{
    [ThreadStatic]
    private static Worker? _current;

    // For nobody was asleep.
    private readonly Queue<IThreadPoolWorkItem> _queue = [];
    private readonly Stack<Worker> _asleep;
    private readonly ConcurrentBag<Entry> _unused = [];
    private readonly string _name;
    private readonly int _most;

    private int _started;
    private bool _closed, _anyRequest;

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

    public int Asleep
    {
        get
        {
            lock (_queue)
                return _asleep.Count;
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
    public ValueTask EnterAsync()
    {
        if (_current is not { } worker || worker.Owner != this)
            return (_unused.TryTake(out var entry) ? entry : new Entry(this)).Begin();
        EndRequest(worker);
        return default;
    }

    public bool MayStay()
    {
        if (_current is not { } worker || worker.Owner != this)
            return false;
        lock (_queue)
        {
            if (_queue.Count > 0 || (_asleep.Count == 0 && _started == _most))
                return false;
        }

        EndRequest(worker);
        return true;
    }

    public bool IsHere => _current?.Owner == this || Thread.CurrentThread.IsThreadPoolThread;

    // One at a time: while that is busy so is the pool, which then needs not be woken for the next, and many threads of ours would take the processor from it.
    // Whoever brings news of all sockets waits for no thread that is being started.
    public void GoOn(IThreadPoolWorkItem next)
    {
        Worker? worker = null;
        if (Monitor.TryEnter(_queue))
        {
            if (!_closed && !_anyRequest && _asleep.TryPop(out worker))
                (_anyRequest, worker.HasRequest, worker.Job) = (true, true, next);
            Monitor.Exit(_queue);
        }

        if (worker is not null)
            worker.Sleeping.Wake();
        else
            _ = ThreadPool.UnsafeQueueUserWorkItem(next, preferLocal: false);
    }

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
    private bool Enqueue(IThreadPoolWorkItem job)
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
        var worker = new Worker(this);
        // Unsafe: it has nothing to do with the request that happened to need it.
        new Thread(() => Work(worker)) { Name = $"{_name}-{_started}", IsBackground = true }.UnsafeStart();
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
        _current = self;
        while (Next(self) is { } job)
        {
            job.Execute();
            EndRequest(self);
        }
    }

    // Others then need not wait until this one has.
    private void EndRequest(Worker worker)
    {
        if (!worker.HasRequest)
            return;
        worker.HasRequest = false;
        lock (_queue)
            _anyRequest = false;
    }

    private IThreadPoolWorkItem? Next(Worker self)
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

    private sealed class Worker(IoThreads owner)
    {
        public IoThreads Owner => owner;

        public SleepingThread Sleeping { get; } = new();

        /// <summary>What it is woken for; null when it may end.</summary>
        public IThreadPoolWorkItem? Job { get; set; }

        /// <summary>It is at a request that goes on, and has not begun to wait for the device.</summary>
        public bool HasRequest { get; set; }
    }

    /// <summary>Used again and again: a fast upload enters some ten times for each of its requests.</summary>
    private sealed class Entry(IoThreads threads) : IThreadPoolWorkItem, IValueTaskSource
    {
        private ManualResetValueTaskSourceCore<bool> _core;

        public ValueTask Begin() => new(this, _core.Version);

        public void Execute() => _core.SetResult(true);

        // Not before somebody waits: whoever saw that it had run would not change threads.
        public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags)
        {
            _core.OnCompleted(continuation, state, token, flags);
            if (!threads.Enqueue(this))
                _ = ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
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
        : TaskCompletionSource(goOn ? TaskCreationOptions.None : TaskCreationOptions.RunContinuationsAsynchronously), IThreadPoolWorkItem
    {
        public void Execute()
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
