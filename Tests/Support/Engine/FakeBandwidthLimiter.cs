using ChunkUpload.Core.Limits;

namespace ChunkUpload.Tests.Support.Engine;

/// <summary>A bandwidth limiter with which a test decides when the next batch may pass; by default it may pass at once.</summary>
internal sealed class FakeBandwidthLimiter : IBandwidthLimiter, IBandwidthShare
{
    public bool IsActive { get; set; }

    public int Batch { get; set; } = 1 << 20;

    public Func<Task<bool>> MayPass { get; set; } = () => Task.FromResult(true);

    public long Counted { get; private set; }

    public int Running { get; private set; }

    /// <summary>The flows that have started, in order.</summary>
    public List<Flow> Flows { get; } = [];

    public IBandwidthShare Begin(Flow flow)
    {
        Running++;
        Flows.Add(flow);
        return this;
    }

    public void SetPriority(Topic label, BandwidthPriority priority)
    {
    }

    public async ValueTask<bool> WaitAsync() => await MayPass();

    public void Passed(long bytes) => Counted += bytes;

    public void Dispose() => Running--;
}
