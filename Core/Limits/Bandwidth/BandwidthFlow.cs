using ChunkUpload.Core.Access;

namespace ChunkUpload.Core.Limits;

/// <summary>
/// All requests and work of one caller that move bytes of one file in one direction. They share one part of the bandwidth, so that a
/// caller does not get more with more connections. The scheduler's lock guards the flow.
/// </summary>
internal sealed class BandwidthFlow
{
    /// <summary>The seconds of its bandwidth that a flow may use in advance.</summary>
    private const double Ahead = 0.02;

    private const double BatchTime = 0.25;
    private const int LeastBatch = 16 << 10, MostBatch = 1 << 20, Page = 4 << 10;

    public BandwidthFlow(Caller caller, Topic label)
    {
        (Caller, Label) = (caller, label);
        Node = new LinkedListNode<BandwidthFlow>(this);
    }

    public Caller Caller { get; }

    public Topic Label { get; }

    /// <summary>The node of this flow in the ring of flows that the scheduler serves.</summary>
    public LinkedListNode<BandwidthFlow> Node { get; }

    public int Requests { get; set; }

    public int Weight { get; set; }

    /// <summary>The buckets of all limits that apply to the flow.</summary>
    public IReadOnlyList<BandwidthBucket> Buckets { get; set; } = [];

    /// <summary>The bytes that have passed and are not yet taken from the buckets.</summary>
    public double Owed { get; set; }

    /// <summary>Whether the scheduler serves the flow.</summary>
    public bool IsWaiting { get; set; }

    /// <summary>Whether the flow came while others waited, and has not been served yet.</summary>
    public bool IsEntering { get; set; }

    public Queue<Waiter> Waiters { get; } = new();

    public bool IsLimited
    {
        get
        {
            foreach (var bucket in Buckets)
            {
                if (bucket.Rate is not null)
                    return true;
            }

            return false;
        }
    }

    public bool IsBlocked
    {
        get
        {
            foreach (var bucket in Buckets)
            {
                if (bucket.IsEmpty)
                    return true;
            }

            return false;
        }
    }

    /// <summary>
    /// The number of bytes that the flow may owe and still continue. A flow always owes a little, so it takes part in every pass.
    /// </summary>
    public double Window => Share * Ahead;

    public int Batch => (int)Math.Clamp(Share * BatchTime, LeastBatch, MostBatch) & ~(Page - 1);

    /// <summary>The approximate number of bytes per second that the flow gets.</summary>
    private double Share
    {
        get
        {
            var least = double.MaxValue;
            foreach (var bucket in Buckets)
            {
                if (bucket.Rate is { } rate)
                    least = Math.Min(least, (double)rate * Weight / Math.Max(bucket.Waiting, Weight));
            }

            return least;
        }
    }

    /// <summary>A request that waits for its next batch.</summary>
    internal sealed record Waiter(TaskCompletionSource<bool> Ready, double Since);
}
