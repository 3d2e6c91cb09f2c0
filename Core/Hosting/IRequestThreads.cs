namespace ChunkUpload.Core.Hosting;

/// <summary>
/// Where a request goes on that has waited for the network or the ledger. To let one go on, the runtime's pool wakes two threads, in case that there is more to
/// do, each with several calls of the kernel. Where nothing else goes on, a thread of our own does it for one.
/// </summary>
public interface IRequestThreads
{
    /// <summary>Whether requests run in the calling thread: it is one of these, or the pool's.</summary>
    bool IsHere { get; }

    /// <summary>Whether the calling thread is one of our own, and not the last that is to be had: then it may wait for something that has threads of its own, too.</summary>
    bool MayStay();

    /// <summary>Runs it soon, in a thread of our own that sleeps or in the pool: never behind something that is held up.</summary>
    void GoOn(IThreadPoolWorkItem next);
}
