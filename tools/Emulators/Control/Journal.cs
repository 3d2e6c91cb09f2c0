using Microsoft.AspNetCore.Http;

namespace ChunkUpload.Emulators.Control;

/// <summary>One request as the emulator saw it.</summary>
internal sealed record JournalEntry
{
    public long Number { get; set; }

    public required DateTimeOffset At { get; init; }

    /// <summary>The index of the listener.</summary>
    public int Listener { get; init; }

    public required string Method { get; init; }

    /// <summary>Path and query.</summary>
    public required string Path { get; init; }

    public required IReadOnlyDictionary<string, string> Request { get; init; }

    public string? Account { get; set; }

    /// <summary>What the emulator did, by the vendor's name: <c>files.list</c>.</summary>
    public string? Operation { get; set; }

    public long Received { get; set; }

    public int Status { get; set; }

    public IReadOnlyDictionary<string, string> Response { get; set; } = new Dictionary<string, string>();

    public long Sent { get; set; }

    /// <summary>True when no whole answer reached the client, by a fault or because it went away.</summary>
    public bool Aborted { get; set; }

    /// <summary>The kinds of the faults that were applied.</summary>
    public IReadOnlyList<string> Faults { get; set; } = [];
}

/// <summary>The requests of clients in the order in which they ended.</summary>
internal sealed class Journal
{
    private const int Most = 200_000;

    // What decides about transfers and rights. Bodies are not kept.
    private static readonly string[] Interesting =
    [
        "Authorization", "Content-Type", "Content-Length", "Content-Range", "Range", "If-Match", "If-None-Match", "If-Range", "User-Agent",
        "X-Upload-Content-Type", "X-Upload-Content-Length", "X-Goog-Drive-Resource-Keys", "Prefer", "Location", "Retry-After", "ETag",
        "x-amz-content-sha256", "Content-MD5", "RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset",
    ];

    private readonly Lock _gate = new();
    private readonly Queue<JournalEntry> _entries = new();
    private long _last;

    public IReadOnlyList<JournalEntry> Entries
    {
        get
        {
            lock (_gate)
                return [.. _entries];
        }
    }

    public void Add(JournalEntry entry)
    {
        lock (_gate)
        {
            entry.Number = ++_last;
            _entries.Enqueue(entry);
            if (_entries.Count > Most)
                _entries.Dequeue();
        }
    }

    public void Reset()
    {
        lock (_gate)
            _entries.Clear();
    }

    public static IReadOnlyDictionary<string, string> Pick(IHeaderDictionary headers) =>
        Interesting.Where(headers.ContainsKey)
            .ToDictionary(name => name, name => headers[name].ToString(), StringComparer.OrdinalIgnoreCase);
}

/// <summary>Lets routes add to the entry of their request.</summary>
internal static class JournalExtensions
{
    public static JournalEntry Journal(this HttpContext context) => (JournalEntry)context.Items[typeof(JournalEntry)]!;
}
