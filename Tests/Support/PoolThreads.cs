using ChunkUpload.Core.Hosting;

namespace ChunkUpload.Tests.Support;

/// <summary>No threads of our own: all goes on in the pool.</summary>
internal sealed class PoolThreads : IRequestThreads
{
    public static readonly PoolThreads Instance = new();

    public bool IsHere => Thread.CurrentThread.IsThreadPoolThread;

    public bool MayStay() => false;

    public void GoOn(IThreadPoolWorkItem next) => ThreadPool.UnsafeQueueUserWorkItem(next, preferLocal: false);
}
