using System.Runtime.CompilerServices;
using ChunkUpload.Core.Hosting;

namespace ChunkUpload.Api.Hosting.Transport;

/// <summary>Awaited, it goes on where requests run: at once where it is one of those threads already, and elsewhere in the next that is free. For one at a time.</summary>
internal sealed class RequestThread(IRequestThreads threads) : IThreadPoolWorkItem, ICriticalNotifyCompletion
{
    private Action? _next;

    public bool IsCompleted => threads.IsHere;

    public RequestThread GetAwaiter() => this;

    public void GetResult()
    {
    }

    public void OnCompleted(Action continuation) => UnsafeOnCompleted(continuation);

    public void UnsafeOnCompleted(Action continuation)
    {
        _next = continuation;
        threads.GoOn(this);
    }

    public void Execute()
    {
        var next = _next!;
        // It may be awaited again before that returns.
        _next = null;
        next();
    }
}
