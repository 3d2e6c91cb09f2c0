using System.Collections.Concurrent;
using System.Threading.Tasks.Sources;

namespace ChunkUpload.Infrastructure.Storage.Disk;

/// <summary>
/// A few threads of our own for calls that block for as long as a device likes. On the thread pool eight slow flushes would hold up
/// every request of a two-core machine until the pool has grown. They wait in a monitor, which does not spin: with the queue of the
/// framework the spinning of idle threads was a seventh of the CPU time of small chunks.
/// </summary>
internal sealed class IoThreads : IDisposable
{
    [ThreadStatic]
    private static IoThreads? _current;

    private readonly Queue<IJob> _queue = [];
    private readonly ConcurrentBag<Entry> _unused = [];
    private readonly string _name;
    private readonly int _most;

    // Those that wait and have not been told of a job yet.
    private int _idle;
    private int _started;
    private bool _closed;

    /// <param name="most">They begin when all that there are have work.</param>
    public IoThreads(string name, int most)
    {
        (_name, _most) = (name, most);
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
            Monitor.PulseAll(_queue);
        }
    }

    /// <returns>False when it is closed.</returns>
    private bool Enqueue(IJob job)
    {
        lock (_queue)
        {
            if (_closed)
                return false;
            _queue.Enqueue(job);
            if (_idle > 0)
            {
                _idle--;
                Monitor.Pulse(_queue);
            }
            else if (_started < _most)
            {
                TryBegin();
            }

            return true;
        }
    }

    private void Begin()
    {
        new Thread(Work) { Name = $"{_name}-{_started}", IsBackground = true }.Start();
        _started++;
    }

    private void TryBegin()
    {
        try
        {
            Begin();
        }
        catch (Exception e) when (e is OutOfMemoryException or ThreadStartException)
        {
            // No memory or descriptor for one more: those that there are do its work.
        }
    }

    private void Work()
    {
        _current = this;
        while (Next() is { } job)
            job.Run();
    }

    private IJob? Next()
    {
        lock (_queue)
        {
            IJob? job;
            while (!_queue.TryDequeue(out job) && !_closed)
            {
                _idle++;
                Monitor.Wait(_queue);
            }

            return job;
        }
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
