using System.Threading.Tasks.Sources;

namespace ChunkUpload.Infrastructure.Storage.Disk;

/// <summary>
/// A few threads for calls that block for as long as a device likes. On the thread pool eight slow flushes would hold up every request of a
/// two-core machine until the pool has grown.
/// </summary>
internal sealed class IoThreads : IDisposable
{
    [ThreadStatic]
    private static IoThreads? _current;

    private readonly Queue<IThreadPoolWorkItem> _queue = [];
    private readonly string _name;
    private readonly int _most;

    private int _started, _asleep;
    private bool _closed;

    /// <param name="most">Threads start only while all existing ones have work, up to this number.</param>
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

    /// <summary>Runs the work once. The token counts until the work has begun: a running flush is waited for, never abandoned.</summary>
    /// <param name="goOn">The awaiting code continues on this thread, which saves a change of threads. It must do no more there than to start
    /// something else and wait.</param>
    public Task RunAsync(Action work, CancellationToken cancellationToken, bool goOn = false)
    {
        if (cancellationToken.IsCancellationRequested)
            return Task.FromCanceled(cancellationToken);
        var job = new Job(work, goOn, cancellationToken);
        ObjectDisposedException.ThrowIf(!TryEnqueue(job), this);
        return job.Task;
    }

    /// <summary>The awaiting code continues on one of these threads, until the next time that it really waits.</summary>
    public ValueTask EnterAsync()
    {
        if (_current == this)
            return default;
        return new(new Entry(this), 0);
    }

    /// <summary>Queued work is still done.</summary>
    public void Dispose()
    {
        lock (_queue)
        {
            _closed = true;
            Monitor.PulseAll(_queue);
        }
    }

    /// <returns>False once it is closed.</returns>
    private bool TryEnqueue(IThreadPoolWorkItem job)
    {
        lock (_queue)
        {
            if (_closed)
                return false;
            _queue.Enqueue(job);
            // A thread that was woken counts as asleep until it has the lock, and then takes one of those in the queue.
            if (_queue.Count <= _asleep)
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
            // No memory for one more: the existing threads do its work.
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
                _asleep++;
                _ = Monitor.Wait(_queue);
                _asleep--;
            }
        }
    }

    /// <summary>Queued only when somebody awaits it: code that found it completed would continue on its own thread.</summary>
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
                // The awaiting code gets it; the thread serves others.
                SetException(e);
            }
        }
    }
}
