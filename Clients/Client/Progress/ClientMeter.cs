using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace ChunkUpload.Client.Progress;

/// <summary>The meter and the activity source, both named ChunkUpload.Client.</summary>
internal static class ClientMeter
{
    private const string Name = "ChunkUpload.Client";
    private static readonly Meter Meter = new(Name);

    public static readonly ActivitySource Activities = new(Name);

    public static readonly Counter<long> Sent = Meter.CreateCounter<long>("chunkupload.client.sent", "By", "Bytes given to connections.");
    public static readonly Counter<long> Received = Meter.CreateCounter<long>("chunkupload.client.received", "By", "Bytes downloaded.");
    public static readonly Counter<long> Saved = Meter.CreateCounter<long>(
        "chunkupload.client.saved", "By", "Bytes that resuming has saved.");
    public static readonly Counter<long> Retries = Meter.CreateCounter<long>(
        "chunkupload.client.retries", "{request}", "Requests that had to be repeated, by the class of the failure.");
    public static readonly Counter<long> Transfers = Meter.CreateCounter<long>(
        "chunkupload.client.transfers", "{transfer}", "Ended transfers, by kind and outcome.");
}
