using System.Text.Json;

namespace ChunkUpload.Emulators.Control;

/// <summary>Which requests a fault is for.</summary>
internal sealed record FaultMatch
{
    /// <summary>The method, or null for any.</summary>
    public string? Method { get; init; }

    /// <summary>A regular expression that is looked for in path and query, or null for any.</summary>
    public string? PathRegex { get; init; }

    /// <summary>The first of the matching requests that is hit, counted from 1.</summary>
    public int Nth { get; init; } = 1;

    /// <summary>How many requests are hit from there; 0 means all.</summary>
    public int Times { get; init; } = 1;
}

/// <summary>What a fault does. Which of the values count depends on <see cref="Kind"/>; tools/Emulators/README.md has the table.</summary>
internal sealed record FaultAction
{
    public required string Kind { get; init; }

    public int Code { get; init; }

    /// <summary>The vendor's word for the error; the emulator makes the body.</summary>
    public string? Reason { get; init; }

    public string? Message { get; init; }

    public JsonElement? Body { get; init; }

    public IReadOnlyDictionary<string, string>? Headers { get; init; }

    public long? Bytes { get; init; }

    public int Ms { get; init; }

    public long BytesPerSec { get; init; }

    public long Offset { get; init; }

    /// <summary><c>request</c> or <c>response</c>; by default the request's body where there is one.</summary>
    public string? Of { get; init; }

    public string? Account { get; init; }

    public static FaultAction Status(int code, string? reason = null, params (string Name, string Value)[] headers) =>
        new() { Kind = "status", Code = code, Reason = reason, Headers = headers.ToDictionary(pair => pair.Name, pair => pair.Value) };

    public static FaultAction ResetAfter(long bytes, string? of = null) => new() { Kind = "resetAfter", Bytes = bytes, Of = of };

    public static FaultAction ResetBeforeReply() => new() { Kind = "resetBeforeReply" };

    public static FaultAction Hold() => new() { Kind = "hold" };

    public static FaultAction HoldReply() => new() { Kind = "holdReply" };

}

/// <summary>A fault that waits for its requests.</summary>
internal sealed class Fault(int id, FaultMatch match, FaultAction action)
{
    private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly System.Text.RegularExpressions.Regex? _path = match.PathRegex is null ? null : new(match.PathRegex);
    private int _seen;

    public int Id => id;

    public FaultMatch Match => match;

    public FaultAction Action => action;

    public int Hits { get; private set; }

    public bool IsUsedUp => match.Times > 0 && Hits >= match.Times;

    /// <summary>Completes when the first request is hit.</summary>
    public Task Reached => _reached.Task;

    /// <summary>Completes when a request that is held may go on.</summary>
    public Task Released => _released.Task;

    /// <summary>Releases the held requests.</summary>
    public void Release() => _released.TrySetResult();

    /// <summary>Counts a request and says whether it is hit. The list calls it under its lock.</summary>
    public bool Takes(string method, string pathAndQuery)
    {
        if (match.Method is not null && !string.Equals(match.Method, method, StringComparison.OrdinalIgnoreCase))
            return false;
        if (_path?.IsMatch(pathAndQuery) == false)
            return false;
        _seen++;
        if (_seen < match.Nth || IsUsedUp)
            return false;
        Hits++;
        _reached.TrySetResult();
        return true;
    }
}
