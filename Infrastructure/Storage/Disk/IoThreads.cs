namespace ChunkUpload.Infrastructure.Storage.Disk;

/// <summary>
/// A few threads of our own for calls that block for as long as a device likes. On the thread pool eight slow flushes would hold up
/// every request of a two-core machine until the pool has grown. They wait in a monitor, which does not spin: with the queue of the
/// framework the spinning of idle threads was a seventh of the CPU time of small chunks.
/// </summary>
internal sealed class IoThreads : IDisposable
{
    private readonly Queue<Job> _queue = [];
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
        lock (_queue)
        {
            ObjectDisposedException.ThrowIf(_closed, this);
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
        }

        return job.Task;
    }

    /// <summary>What is queued is still done.</summary>
    public void Dispose()
    {
        lock (_queue)
        {
            _closed = true;
            Monitor.PulseAll(_queue);
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
        while (Next() is { } job)
            job.Run();
    }

    private Job? Next()
    {
        lock (_queue)
        {
            Job? job;
            while (!_queue.TryDequeue(out job) && !_closed)
            {
                _idle++;
                Monitor.Wait(_queue);
            }

            return job;
        }
    }

    private sealed class Job(Action work, bool goOn, CancellationToken cancellationToken)
        : TaskCompletionSource(goOn ? TaskCreationOptions.None : TaskCreationOptions.RunContinuationsAsynchronously)
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
