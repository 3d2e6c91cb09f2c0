using System.Diagnostics.Metrics;
using ChunkUpload.Core.Events;
using ChunkUpload.Core.Work;

namespace ChunkUpload.Api.Metrics;

/// <summary>
/// The metrics of the HTTP layer. Other layers publish to a meter of the same name, so <c>/metrics</c> shows one service.
/// </summary>
internal sealed class ApiMeter : IDurableBytesListener
{
    public const string Name = "ChunkUpload";

    private readonly Counter<long> _uploads;
    private readonly Counter<long> _received;
    private readonly Counter<long> _sent;
    private readonly Counter<long> _failures;
    private readonly Histogram<double> _durations;
    private readonly UpDownCounter<long> _running;

    public ApiMeter(IMeterFactory meters, BackgroundWork background, WorkRunner work, UploadHub hub)
    {
        var meter = meters.Create(Name);
        _uploads = meter.CreateCounter<long>(
            "chunkupload.uploads", "{upload}", "Uploads that were created, completed or cancelled by a request.");
        _received = meter.CreateCounter<long>("chunkupload.received", "By", "Bytes that became durable.");
        _sent = meter.CreateCounter<long>("chunkupload.sent", "By", "Bytes of downloaded content.");
        _failures = meter.CreateCounter<long>("chunkupload.failures", "{failure}", "Refused or failed requests by error code.");
        _durations =
            meter.CreateHistogram<double>("chunkupload.request.duration", "s", "Time from a request's headers to the end of its answer.");
        _running = meter.CreateUpDownCounter<long>("chunkupload.requests.running", "{request}", "Requests that are being answered.");
        meter.CreateObservableGauge("chunkupload.background.depth", () => background.Depth, "{upload}",
            "Uploads that wait to be merged, hashed or freed, or are being processed.");
        meter.CreateObservableGauge(
            "chunkupload.work.due", () => work.Counts.Select(one => Of(one.Due, one)), "{item}",
            "Items of work that are due and wait, by kind.");
        meter.CreateObservableGauge(
            "chunkupload.work.running", () => work.Counts.Select(one => Of(one.Running, one)), "{item}",
            "Items of work that are being processed, by kind.");
        meter.CreateObservableGauge(
            "chunkupload.work.oldest", () => work.Counts.Select(one => Of(one.Oldest.TotalSeconds, one)), "s",
            "Time since the oldest waiting item of work was due, by kind.");
        meter.CreateObservableGauge(
            "chunkupload.heap.live", LiveHeap, "By", "Managed memory that was alive after the last full collection.");
        hub.Subscribe(this);
    }

    public void Upload(string protocol, string outcome) =>
        _uploads.Add(1, new KeyValuePair<string, object?>("protocol", protocol), new KeyValuePair<string, object?>("outcome", outcome));

    /// <summary>Counts a file that was sent in one request, at any address.</summary>
    public void Put(Result<Upload> received) => Upload("put", received.Ok ? "completed" : "failed");

    void IDurableBytesListener.OnDurable(in DurableBytes durable) =>
        _received.Add(durable.Bytes, new KeyValuePair<string, object?>("protocol", StateNames.Of(durable.Upload.Protocol)));

    public void Sent(long bytes) => _sent.Add(bytes);

    public void Failed(string code) => _failures.Add(1, new KeyValuePair<string, object?>("code", code));

    public void Begun() => _running.Add(1);

    public void Ended(string method, string route, int status, TimeSpan duration)
    {
        _running.Add(-1);
        _durations.Record(
            duration.TotalSeconds,
            new KeyValuePair<string, object?>("method", method),
            new KeyValuePair<string, object?>("route", route),
            new KeyValuePair<string, object?>("status", status));
    }

    private static Measurement<T> Of<T>(T value, WorkCount count)
        where T : struct => new(value, new KeyValuePair<string, object?>("kind", count.Kind));

    private static long LiveHeap()
    {
        var (stopped, beside) = (GC.GetGCMemoryInfo(GCKind.FullBlocking), GC.GetGCMemoryInfo(GCKind.Background));
        var last = stopped.Index > beside.Index ? stopped : beside;
        return last.HeapSizeBytes - last.FragmentedBytes;
    }
}
