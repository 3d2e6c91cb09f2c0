using System.Diagnostics.Metrics;

namespace ChunkUpload.Core.Transfers.Running;

/// <summary>Metrics of the files that transfers copy, by the kinds of both storages.</summary>
public sealed class TransferMeter
{
    private readonly Counter<long> _files;
    private readonly Counter<long> _bytes;
    private readonly Counter<long> _retries;
    private readonly Histogram<double> _durations;

    public TransferMeter(IMeterFactory meters)
    {
        var meter = meters.Create("ChunkUpload");
        _files = meter.CreateCounter<long>(
            "chunkupload.transfers.files", "{file}", "Files of transfers that are done, were left out or have failed.");
        _bytes = meter.CreateCounter<long>("chunkupload.transfers.copied", "By", "Bytes of files that transfers have copied.");
        _retries = meter.CreateCounter<long>(
            "chunkupload.transfers.retries", "{attempt}", "Attempts of files of transfers that have failed and are made again.");
        _durations = meter.CreateHistogram<double>(
            "chunkupload.transfers.file.duration", "s", "How long the attempt took that copied a file.");
    }

    /// <summary>Counts the end of an attempt.</summary>
    /// <param name="size">The size of the file.</param>
    /// <param name="took">The duration of the attempt.</param>
    internal void Ended(OpenEnds ends, ItemEnd end, long? size, TimeSpan took)
    {
        KeyValuePair<string, object?> from = new("source", ends.Kinds.Source), to = new("destination", ends.Kinds.Destination);
        if (end.State == TransferItemState.Queued)
        {
            if (end.Fault is not null)
                _retries.Add(1, from, to);
            return;
        }

        _files.Add(1, from, to, new("state", NameOf(end.State)));
        if (end.State != TransferItemState.Done)
            return;
        _bytes.Add(size ?? 0, from, to);
        _durations.Record(took.TotalSeconds, from, to);
    }

    private static string NameOf(TransferItemState state) => state switch
    {
        TransferItemState.Done => "done",
        TransferItemState.Skipped => "skipped",
        _ => "failed",
    };
}
