using System.Runtime.CompilerServices;

namespace ChunkUpload.Api.Hosting.Transport;

/// <summary>Awaited, it goes on in a thread of the pool: at once in one, and elsewhere in the next that is free.</summary>
internal readonly struct PoolThread : ICriticalNotifyCompletion
{
    public static PoolThread Enter() => default;

    public bool IsCompleted => Thread.CurrentThread.IsThreadPoolThread;

    public PoolThread GetAwaiter() => this;

    public void GetResult()
    {
    }

    public void OnCompleted(Action continuation) => UnsafeOnCompleted(continuation);

    public void UnsafeOnCompleted(Action continuation) =>
        _ = ThreadPool.UnsafeQueueUserWorkItem(static next => next(), continuation, preferLocal: false);
}
