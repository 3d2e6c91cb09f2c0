using System.Collections.Concurrent;

namespace ChunkUpload.Infrastructure.Storage.Disk;

/// <summary>
/// A few threads of our own for calls that block for as long as a device likes. On the thread pool eight slow flushes would hold up
/// every request of a two-core machine until the pool has grown.
/// </summary>
internal sealed class IoThreads : IDisposable
{
    private readonly BlockingCollection<Job> _queue = [];

    public IoThreads(string name, int count)
    {
        for (var i = 0; i < count; i++)
            new Thread(Work) { Name = $"{name}-{i}", IsBackground = true }.Start();
    }

    public int Waiting => _queue.Count;

    /// <summary>Runs the work once. The token counts until it has begun: a flush that runs is waited for, never abandoned.</summary>
    public Task RunAsync(Action work, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
            return Task.FromCanceled(cancellationToken);
        var job = new Job(work, cancellationToken);
        _queue.Add(job, CancellationToken.None);
        return job.Task;
    }

    /// <summary>What is queued is still done.</summary>
    public void Dispose() => _queue.CompleteAdding();

    private void Work()
    {
        foreach (var job in _queue.GetConsumingEnumerable())
            job.Run();
    }

    private sealed class Job(Action work, CancellationToken cancellationToken) : TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)
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
