using System.Threading.Tasks.Sources;

namespace ChunkUpload.Infrastructure.Storage.Disk;

/// <summary>
/// A few threads for calls that block until the device answers. On the thread pool, eight slow flushes would stall every request of a
/// two-core machine until the pool grows.
/// </summary>
internal sealed class IoThreads : IDisposable
{
    [ThreadStatic]
    private static IoThreads? _current;

    private readonly Queue<IThreadPoolWorkItem> _queue = [];
    private readonly string _name;
    private readonly int _most;

    private int _started, _idle;
    private bool _closed;

    /// <param name="most">The largest number of threads. A new one starts only while all others are busy.</param>
    public IoThreads(string name, int most)
    {
        (_name, _most) = (name, most);
        Start();
    }

    public int Waiting
    {
        get
        {
            lock (_queue)
                return _queue.Count;
        }
    }

    /// <summary>
    /// Runs the work once. Cancellation counts only until the work begins: a running flush is awaited and never abandoned.
    /// </summary>
    /// <param name="continueInline">Whether the awaiting code continues on this thread, which saves a thread switch. It must only start
    /// other work and wait there.</param>
    public Task RunAsync(Action work, CancellationToken cancellationToken, bool continueInline = false)
    {
        if (cancellationToken.IsCancellationRequested)
            return Task.FromCanceled(cancellationToken);
        var job = new Job(work, continueInline, cancellationToken);
        ObjectDisposedException.ThrowIf(!TryEnqueue(job), this);
        return job.Task;
    }

    /// <summary>The awaiting code continues on one of these threads until its next await that does not complete at once.</summary>
    public ValueTask EnterAsync()
    {
        if (_current == this)
            return default;
        return new(new Entry(this), 0);
    }

    /// <summary>Refuses new work. The threads still do the queued work.</summary>
    public void Dispose()
    {
        lock (_queue)
        {
            _closed = true;
            Monitor.PulseAll(_queue);
        }
    }

    /// <returns>False after <see cref="Dispose"/>.</returns>
    private bool TryEnqueue(IThreadPoolWorkItem job)
    {
        lock (_queue)
        {
            if (_closed)
                return false;
            _queue.Enqueue(job);
            // A woken thread counts as asleep until it has the lock; then it takes one item of the queue.
            if (_queue.Count <= _idle)
                Monitor.Pulse(_queue);
            else if (_started < _most)
                TryStart();
            return true;
        }
    }

    private void Start()
    {
        // Unsafe: the thread must not inherit the context of the request that happened to need it.
        new Thread(Work) { Name = $"{_name}-{_started}", IsBackground = true }.UnsafeStart();
        _started++;
    }

    private void TryStart()
    {
        try
        {
            Start();
        }
        catch (Exception e) when (e is OutOfMemoryException or ThreadStartException)
        {
            // There is no memory for another thread: the existing ones do the work.
        }
    }

    private void Work()
    {
        _current = this;
        while (Next() is { } job)
            job.Execute();
    }

    private IThreadPoolWorkItem? Next()
    {
        lock (_queue)
        {
            while (true)
            {
                if (_queue.TryDequeue(out var job) || _closed)
                    return job;
                _idle++;
                _ = Monitor.Wait(_queue);
                _idle--;
            }
        }
    }

    /// <summary>Queued only when it is awaited: code that found it completed would continue on its own thread.</summary>
    private sealed class Entry(IoThreads threads) : IThreadPoolWorkItem, IValueTaskSource
    {
        private ManualResetValueTaskSourceCore<bool> _core;

        public void Execute() => _core.SetResult(true);

        public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags)
        {
            _core.OnCompleted(continuation, state, token, flags);
            if (!threads.TryEnqueue(this))
                _ = ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }

        public ValueTaskSourceStatus GetStatus(short token) => _core.GetStatus(token);

        public void GetResult(short token) => _core.GetResult(token);
    }

    private sealed class Job(Action work, bool continueInline, CancellationToken cancellationToken)
        : TaskCompletionSource(continueInline ? TaskCreationOptions.None : TaskCreationOptions.RunContinuationsAsynchronously),
            IThreadPoolWorkItem
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
                // The awaiting code gets the exception; the thread continues.
                SetException(e);
            }
        }
    }
}
