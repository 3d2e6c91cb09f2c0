using ChunkUpload.Core.Access;

namespace ChunkUpload.Core.Limits;

/// <summary>
/// All requests and work of one caller that move bytes of one thing in one direction. They share one part of the bandwidth, so that no
/// caller gets more by opening more connections. The scheduler's lock guards it.
/// </summary>
internal sealed class BandwidthFlow
{
    /// <summary>Seconds of its bandwidth that a flow may use in advance.</summary>
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

    /// <summary>Its node in the ring of flows that the scheduler serves.</summary>
    public LinkedListNode<BandwidthFlow> Node { get; }

    public int Requests { get; set; }

    public int Weight { get; set; }

    /// <summary>The buckets of all limits that hold for it.</summary>
    public IReadOnlyList<BandwidthBucket> Buckets { get; set; } = [];

    /// <summary>Bytes that have passed and are not yet taken from the buckets.</summary>
    public double Owed { get; set; }

    /// <summary>Whether the scheduler serves it.</summary>
    public bool IsWaiting { get; set; }

    /// <summary>It came while others waited, and has not been served yet.</summary>
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
    /// How many bytes it may owe and still continue. Because it always owes a little, it takes part in every pass of the scheduler.
    /// </summary>
    public double Window => Share * Ahead;

    public int Batch => (int)Math.Clamp(Share * BatchTime, LeastBatch, MostBatch) & ~(Page - 1);

    /// <summary>About how many bytes a second it gets.</summary>
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
