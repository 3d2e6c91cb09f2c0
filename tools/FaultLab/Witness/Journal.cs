using System.Collections.Concurrent;
using System.Globalization;

namespace ChunkUpload.FaultLab.Witness;

/// <summary>Records every acknowledgement, and every one that turned out to be false, in a file of the witness.</summary>
internal sealed class Journal(string file) : IDisposable
{
    private readonly StreamWriter _lines = new(file, append: false) { AutoFlush = true };
    private readonly Lock _gate = new();
    private readonly ConcurrentDictionary<string, long> _answers = new();
    private long _acks;

    public long Acks => Interlocked.Read(ref _acks);

    public ConcurrentQueue<string> Violations { get; } = new();

    /// <summary>How often each status and code was answered.</summary>
    public IReadOnlyDictionary<string, long> Answers => _answers;

    public void Ack(Sent upload, string what, long offset = 0, long length = 0)
    {
        _ = Interlocked.Increment(ref _acks);
        Write(string.Create(CultureInfo.InvariantCulture,
            $"{TimeProvider.System.GetTimestamp()} ack {upload.Number} {upload.Protocol} {what} {upload.Path} {offset}+{length}"));
    }

    /// <summary>Notes what an upload consists of, and requests without an answer so far.</summary>
    public void Note(Sent upload, string what) => Write(string.Create(
        CultureInfo.InvariantCulture,
        $"{TimeProvider.System.GetTimestamp()} {what} {upload.Number} {upload.Protocol} {upload.Path} {upload.ChunkSize} "
            + $"{upload.IsPartial} {upload.Fate} {string.Join(',', upload.Parts.Select(part => $"{part.Seed}:{part.Length}"))}"));

    public void Count(Answer? answer) => _ = _answers.AddOrUpdate(answer?.ToString() ?? "no answer", 1, (_, count) => count + 1);

    public void Violate(string what)
    {
        Violations.Enqueue(what);
        Write($"{TimeProvider.System.GetTimestamp()} VIOLATION {what}");
    }

    public void Dispose()
    {
        lock (_gate)
            _lines.Dispose();
    }

    private void Write(string line)
    {
        lock (_gate)
            _lines.WriteLine(line);
    }
}
