using System.Runtime.InteropServices;

namespace ChunkUpload.Infrastructure.Posix;

/// <summary>
/// Where a thread of our own sleeps until another one wakes it (POSIX's semaphore): one call of the kernel for each. Asleep in a monitor of the runtime, or in
/// one of its events, it costs four, and two or three times as much of the processor.
/// </summary>
internal sealed unsafe class SleepingThread
{
    // More than sem_t has in any libc.
    private const int Size = 64;

    private readonly void* _semaphore = NativeMemory.AllocZeroed(Size);

    public SleepingThread()
    {
        if (Libc.SemInit(_semaphore, 0, 0) != 0)
            throw new InvalidOperationException($"No semaphore can be made: error {Marshal.GetLastPInvokeError()}.");
    }

    ~SleepingThread() => NativeMemory.Free(_semaphore);

    /// <summary>As often as it was woken.</summary>
    public void Sleep()
    {
        // Only a signal ends it otherwise.
        while (Libc.SemWait(_semaphore) != 0)
        {
        }

        GC.KeepAlive(this);
    }

    public void Wake()
    {
        _ = Libc.SemPost(_semaphore);
        GC.KeepAlive(this);
    }
}
